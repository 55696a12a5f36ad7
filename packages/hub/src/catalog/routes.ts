/** Targets and tag contents over HTTP; tags themselves are shown with their repositories, in the room of those. */
import type { Handlers, Ledger, Reader } from '../ledger/index.ts';
import { inheritanceOrder } from './inheritance.ts';
import { edges, listTargets, newestChange, type TargetFacts, taggedBuilds, tagsById } from './queries.ts';
import { addTarget, requireTag, requireTarget, settingsOf } from './tags.ts';

export function catalogRoutes(
  ledger: Ledger,
): Pick<Handlers, 'createTarget' | 'listTargets' | 'getTarget' | 'listTagged'> {
  return {
    createTarget: (call) =>
      call.effect('catalog.add-target', async (tx) =>
        show(tx, await addTarget(tx, call.principal.name, call.body)),
      ),
    getTarget: async (call) => show(ledger.read, await requireTarget(ledger.read, call.params.name)),
    listTargets: async (call) => {
      const limit = call.query.limit ?? 50;
      const found = await listTargets(ledger.read, call.query.cursor ?? '', limit);
      const items = await Promise.all(found.map((target) => show(ledger.read, target)));
      return { items, next: found.length === limit ? (found.at(-1)?.name ?? null) : null };
    },
    listTagged: async (call) => {
      const tag = await requireTag(ledger.read, call.params.name);
      const change = call.query.change ?? (await newestChange(ledger.read));
      const order =
        call.query.inherit === true ? inheritanceOrder(await edges(ledger.read, change), tag.id) : [tag.id];
      const names = await tagsById(ledger.read, order);
      const found = await taggedBuilds(ledger.read, order, change);
      const items = found
        .map((one) => ({
          build: one.build,
          nvr: one.nvr,
          tag: names.get(one.tag)?.name ?? '',
          owner: one.owner,
          taggedAt: one.taggedAt.toISOString(),
          added: one.added,
        }))
        .toSorted((a, b) => (a.nvr < b.nvr ? -1 : a.nvr > b.nvr ? 1 : b.added - a.added))
        .map(({ added: _, ...shown }) => shown);
      return { change, items };
    },
  };
}

async function show(tx: Reader, target: TargetFacts) {
  const { arches } = await settingsOf(tx, target.buildTag);
  return { name: target.name, buildTag: target.buildTag.name, destTag: target.destTag.name, arches };
}

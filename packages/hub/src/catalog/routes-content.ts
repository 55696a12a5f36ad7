/** What tags hold, over HTTP: builds, package lists, and their past. */
import { Problem } from '@moromi/contract';
import type { Handlers, Ledger, Reader } from '../ledger/index.ts';
import type { Tell } from './altered.ts';
import { cloneTag, swapTags } from './clone.ts';
import { listedAt } from './content.ts';
import { buildToTag, untaggedBuilds } from './content-queries.ts';
import { pageOfHistory } from './history.ts';
import { requireTag, requireThen } from './look-up.ts';
import { demandTagging } from './may.ts';
import {
  addPackages,
  blockPackages,
  editPackages,
  removePackages,
  unblockPackages,
} from './package-lists.ts';
import { pageOfPackages } from './packages-shown.ts';
import { showTagged } from './show.ts';
import { moveByHand, tagByHand, untagByHand } from './tagging.ts';
import { requireTarget } from './targets.ts';

type Served =
  | 'listTagged'
  | 'tagBuilds'
  | 'untagBuilds'
  | 'moveBuilds'
  | 'cloneTag'
  | 'swapTags'
  | 'listUntagged'
  | 'listPackages'
  | 'addPackages'
  | 'editPackages'
  | 'blockPackages'
  | 'unblockPackages'
  | 'removePackages'
  | 'listHistory';

export function contentRoutes(ledger: Ledger, tell: Tell): Pick<Handlers, Served> {
  return {
    listTagged: async (call) => {
      const { tag, change } = await requireThen(ledger.read, call.params.name, call.query);
      const { inherit = false, latest = false, package: name } = call.query;
      const found = await listedAt(ledger.read, tag, change, { inherit, latest, package: name });
      return { change, items: await showTagged(ledger.read, found) };
    },
    tagBuilds: (call) =>
      call.effect('catalog.tag', async (tx) => {
        const { builds, force = false } = call.body;
        const { name: actor } = call.principal;
        await demandTagging(tx, call.principal, [call.params.name], force);
        return await tell(tx, await tagByHand(tx, actor, call.params.name, builds, force), actor);
      }),
    untagBuilds: (call) =>
      call.effect('catalog.untag', async (tx) => {
        const { builds, force = false } = call.body;
        const { name: actor } = call.principal;
        await demandTagging(tx, call.principal, [call.params.name], force);
        return await tell(tx, await untagByHand(tx, actor, call.params.name, builds, force), actor);
      }),
    moveBuilds: (call) =>
      call.effect('catalog.move', async (tx) => {
        const { to, builds, force = false } = call.body;
        const { name: actor } = call.principal;
        await demandTagging(tx, call.principal, [call.params.name, to], force);
        return await tell(tx, await moveByHand(tx, actor, call.params.name, to, builds, force), actor);
      }),
    cloneTag: (call) =>
      call.effect('catalog.clone', async (tx) => {
        const { name: actor } = call.principal;
        return await tell(tx, await cloneTag(tx, actor, call.params.name, call.body), actor);
      }),
    swapTags: (call) =>
      call.effect('catalog.swap', async (tx) => {
        const { name: actor } = call.principal;
        const { with: other, force = false } = call.body;
        return await tell(tx, await swapTags(tx, actor, call.params.name, other, force), actor);
      }),
    listUntagged: async (call) => {
      const { limit = 50, cursor, package: name } = call.query;
      const found = await untaggedBuilds(ledger.read, { package: name }, idOf(cursor), limit);
      return {
        items: found.map((one) => ({ ...one, endedAt: one.endedAt?.toISOString() ?? null })),
        next: found.length === limit ? String(found.at(-1)?.build) : null,
      };
    },
    listPackages: (call) => pageOfPackages(ledger.read, call.query),
    addPackages: (call) =>
      call.effect('catalog.add-packages', async (tx) => {
        const { name: actor } = call.principal;
        return await tell(tx, await addPackages(tx, actor, call.params.name, call.body), actor);
      }),
    editPackages: (call) =>
      call.effect('catalog.edit-packages', async (tx) => {
        const { name: actor } = call.principal;
        return await tell(tx, await editPackages(tx, actor, call.params.name, call.body), actor);
      }),
    blockPackages: (call) =>
      call.effect('catalog.block-packages', async (tx) => {
        const { packages, force = false } = call.body;
        const { name: actor } = call.principal;
        return await tell(tx, await blockPackages(tx, actor, call.params.name, packages, force), actor);
      }),
    unblockPackages: (call) =>
      call.effect('catalog.unblock-packages', async (tx) => {
        const { packages, force = false } = call.body;
        const { name: actor } = call.principal;
        return await tell(tx, await unblockPackages(tx, actor, call.params.name, packages, force), actor);
      }),
    removePackages: (call) =>
      call.effect('catalog.remove-packages', async (tx) => {
        const { packages, force = false } = call.body;
        const { name: actor } = call.principal;
        return await tell(tx, await removePackages(tx, actor, call.params.name, packages, force), actor);
      }),
    listHistory: async (call) => {
      const { tag, build, target, ...query } = call.query;
      const reader = ledger.read;
      return await pageOfHistory(reader, {
        ...query,
        tag: tag === undefined ? undefined : (await requireTag(reader, tag, true)).id,
        build: build === undefined ? undefined : await buildOf(reader, build),
        target: target === undefined ? undefined : (await requireTarget(reader, target, true)).id,
      });
    },
  };
}

async function buildOf(reader: Reader, which: string): Promise<number> {
  const found = await buildToTag(reader, which);
  if (found === undefined) throw new Problem('unknown_build', `there is no build ${which}`);
  return found.build;
}

function idOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^\d{1,15}$/.test(cursor)) throw new Problem('bad_request', 'the cursor is not one of ours');
  return Number(cursor);
}

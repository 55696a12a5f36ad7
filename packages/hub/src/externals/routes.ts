/** External repositories over HTTP. */

import { Problem } from '@moromi/contract';
import { newestChange, type OnAltered, requireTag } from '../catalog/index.ts';
import type { Handlers, Ledger, Reader, Tx } from '../ledger/index.ts';
import { attach, type Change, detach } from './attach.ts';
import { attachedTo, showAttached } from './attached.ts';
import {
  addExternal,
  editExternal,
  readKeys,
  refreshExternal,
  removeExternal,
  requireExternal,
} from './definition.ts';
import { type ExternalFacts, findExternal, listExternals, saidExternals, tagsNaming } from './queries.ts';
import { showExternal } from './show.ts';

type Served =
  | 'listExternals'
  | 'getExternal'
  | 'createExternal'
  | 'editExternal'
  | 'removeExternal'
  | 'refreshExternal'
  | 'listAttachments'
  | 'attachExternal'
  | 'detachExternal';

export function externalRoutes(ledger: Ledger, onAltered: OnAltered): Pick<Handlers, Served> {
  const changed = async (tx: Tx, { change, altered }: Change, actor: string) => {
    if (change !== null) await onAltered(tx, altered, change, null, actor);
    return { change, altered: altered.map((tag) => tag.name) };
  };
  return {
    listExternals: async (call) => {
      const limit = call.query.limit ?? 50;
      const found = await listExternals(ledger.read, call.query.cursor ?? '', limit);
      const items = await Promise.all(found.map((one) => showExternal(ledger.read, one)));
      return { items, next: found.length === limit ? (found.at(-1)?.name ?? null) : null };
    },
    getExternal: async (call) => {
      const [first, ...more] = await named(ledger.read, call.params.name);
      const others = await Promise.all(more.map((one) => showExternal(ledger.read, one)));
      return { ...(await showExternal(ledger.read, first)), others };
    },
    createExternal: async (call) => {
      const keys = await readKeys(call.body.keys);
      return await call.effect('externals.add', async (tx) =>
        showExternal(tx, await addExternal(tx, call.principal.name, call.body, keys)),
      );
    },
    editExternal: async (call) => {
      const keys = await readKeys(call.body.keys);
      return await call.effect('externals.edit', async (tx) =>
        showExternal(tx, await editExternal(tx, call.principal.name, call.params.name, call.body, keys)),
      );
    },
    removeExternal: (call) =>
      call.effect('externals.remove', async (tx) => {
        await removeExternal(tx, call.principal.name, call.params.name);
        return {};
      }),
    refreshExternal: (call) =>
      call.effect('externals.refresh', async (tx) => {
        const tasks: number[] = [];
        for (const one of await named(tx, call.params.name))
          tasks.push(...(await refreshExternal(tx, one, call.principal.name)));
        return { tasks };
      }),
    listAttachments: async (call) => {
      const tag = await requireTag(ledger.read, call.params.name);
      const change = await newestChange(ledger.read);
      const found = await attachedTo(ledger.read, tag, change, call.query.inherit ?? false);
      return { items: found.map(showAttached) };
    },
    attachExternal: (call) =>
      call.effect('externals.attach', async (tx) => {
        const { name } = call.principal;
        return await changed(tx, await attach(tx, name, call.params.name, call.body), name);
      }),
    detachExternal: (call) =>
      call.effect('externals.detach', async (tx) => {
        const { name } = call.principal;
        const { external, force = false } = call.body;
        return await changed(tx, await detach(tx, name, call.params.name, external, force), name);
      }),
  };
}

/** The one that was added, and those that settings of tags say under that name; if none does any more, what one said. */
async function named(reader: Reader, name: string): Promise<[ExternalFacts, ...ExternalFacts[]]> {
  const added = await findExternal(reader, name);
  const said = await saidExternals(reader, name);
  const naming = await Promise.all(said.map((one) => tagsNaming(reader, one)));
  const used = said.filter((_, at) => (naming[at] ?? []).length > 0);
  const all = added === undefined ? used : [added, ...used];
  const [first, ...more] = all.length > 0 ? all : said.slice(-1);
  if (first === undefined) await requireExternal(reader, name);
  if (first === undefined) throw new Problem('unknown_external');
  return [first, ...more];
}

/** Tags, targets and side tags over HTTP; tags with their repositories are shown in the room of those. */

import { demandOwner } from '../identity/index.ts';
import type { Handlers, Ledger } from '../ledger/index.ts';
import type { OnAltered, Tell } from './altered.ts';
import { inheritanceShown } from './inheritance-shown.ts';
import { requireTag, requireThen } from './look-up.ts';
import { addParent, editParent, removeParent } from './parents.ts';
import { contentRoutes } from './routes-content.ts';
import { showChanged, showConfiguration, showSide, showTarget } from './show.ts';
import { listSides } from './side-queries.ts';
import { addSideTag, prolong, removeSideTag, requireSide } from './side-tags.ts';
import { lockTag, removeTag, renameTag } from './tags.ts';
import { listTargets } from './target-queries.ts';
import { addTarget, editTarget, removeTarget, requireTarget } from './targets.ts';

type Served =
  | 'createTarget'
  | 'listTargets'
  | 'getTarget'
  | 'editTarget'
  | 'removeTarget'
  | 'getTagConfiguration'
  | 'renameTag'
  | 'removeTag'
  | 'lockTag'
  | 'listInheritance'
  | 'addParent'
  | 'editParent'
  | 'removeParent'
  | 'createSideTag'
  | 'listSideTags'
  | 'editSideTag'
  | 'removeSideTag';

export function catalogRoutes(
  ledger: Ledger,
  onAltered: OnAltered,
): Pick<Handlers, Served> & ReturnType<typeof contentRoutes> {
  const tell: Tell = async (tx, what, actor) => {
    if (what.change !== null) await onAltered(tx, what.altered, what.change, null, actor);
    return showChanged(what);
  };
  return {
    ...contentRoutes(ledger, tell),
    createTarget: (call) =>
      call.effect('catalog.add-target', async (tx) =>
        showTarget(tx, await addTarget(tx, call.principal.name, call.body)),
      ),
    getTarget: async (call) => showTarget(ledger.read, await requireTarget(ledger.read, call.params.name)),
    listTargets: async (call) => {
      const limit = call.query.limit ?? 50;
      const found = await listTargets(ledger.read, call.query.cursor ?? '', limit);
      const items = await Promise.all(found.map((target) => showTarget(ledger.read, target)));
      return { items, next: found.length === limit ? (found.at(-1)?.name ?? null) : null };
    },
    editTarget: (call) =>
      call.effect('catalog.edit-target', async (tx) =>
        showTarget(tx, await editTarget(tx, call.principal.name, call.params.name, call.body)),
      ),
    removeTarget: (call) =>
      call.effect('catalog.remove-target', async (tx) => {
        await removeTarget(tx, call.principal.name, call.params.name);
        return {};
      }),
    getTagConfiguration: async (call) => {
      const { tag, change } = await requireThen(ledger.read, call.params.name, call.query);
      return showConfiguration(ledger.read, tag, change);
    },
    renameTag: (call) =>
      call.effect('catalog.rename-tag', async (tx) => {
        const { to, force = false } = call.body;
        const { name } = call.principal;
        return await tell(tx, await renameTag(tx, name, call.params.name, to, force), name);
      }),
    removeTag: (call) =>
      call.effect('catalog.remove-tag', async (tx) => {
        const { name } = call.principal;
        return await tell(tx, await removeTag(tx, name, call.params.name, call.body.force ?? false), name);
      }),
    lockTag: (call) =>
      call.effect('catalog.lock-tag', async (tx) => {
        const { locked, reason = null } = call.body;
        const done = await lockTag(tx, call.principal.name, call.params.name, locked, reason);
        return { ...done, altered: [] };
      }),
    listInheritance: async (call) => {
      const { tag, change } = await requireThen(ledger.read, call.params.name, call.query);
      return {
        change,
        items: await inheritanceShown(ledger.read, tag, change, call.query.reverse ?? false),
      };
    },
    addParent: (call) =>
      call.effect('catalog.add-parent', async (tx) => {
        const { name } = call.principal;
        return await tell(tx, await addParent(tx, name, call.params.name, call.body), name);
      }),
    editParent: (call) =>
      call.effect('catalog.edit-parent', async (tx) => {
        const { name } = call.principal;
        const { name: tag, parent } = call.params;
        return await tell(tx, await editParent(tx, name, tag, parent, call.body), name);
      }),
    removeParent: (call) =>
      call.effect('catalog.remove-parent', async (tx) => {
        const { name } = call.principal;
        const { name: tag, parent } = call.params;
        const force = call.body.force ?? false;
        return await tell(tx, await removeParent(tx, name, tag, parent, force), name);
      }),
    createSideTag: (call) =>
      call.effect('catalog.add-side-tag', async (tx) => {
        const { base, suffix, days = 14 } = call.body;
        const { tag, change } = await addSideTag(tx, call.principal.name, { base, suffix, days });
        await onAltered(tx, [tag], change, null, call.principal.name);
        return await showSide(tx, await requireSide(tx, tag.name));
      }),
    listSideTags: async (call) => {
      const { owner, base, all = false, cursor = '', limit = 50 } = call.query;
      const on = base === undefined ? undefined : (await requireTag(ledger.read, base)).id;
      const found = await listSides(ledger.read, { owner, base: on, all }, cursor, limit);
      return {
        items: await Promise.all(found.map((side) => showSide(ledger.read, side))),
        next: found.length === limit ? (found.at(-1)?.name ?? null) : null,
      };
    },
    editSideTag: (call) =>
      call.effect('catalog.edit-side-tag', async (tx) => {
        const side = await requireSide(tx, call.params.name);
        demandOwner(call.principal, side.owner);
        await prolong(tx, side, call.body.days);
        return await showSide(tx, await requireSide(tx, side.name));
      }),
    removeSideTag: (call) =>
      call.effect('catalog.remove-side-tag', async (tx) => {
        const side = await requireSide(tx, call.params.name);
        demandOwner(call.principal, side.owner);
        return await tell(tx, await removeSideTag(tx, call.principal.name, side), call.principal.name);
      }),
  };
}

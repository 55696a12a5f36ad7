/** Platforms and flavours over HTTP. */
import { listBundles, type OnAltered, requireChange } from '../catalog/index.ts';
import type { Handlers, Ledger } from '../ledger/index.ts';
import { addFlavour, editFlavour, removeFlavour } from './flavour.ts';
import { addPlatform, editPlatform, removePlatform, requirePlatform } from './place.ts';
import { showFlavour, showPlatform } from './show.ts';

type Served =
  | 'createPlatform'
  | 'listPlatforms'
  | 'getPlatform'
  | 'editPlatform'
  | 'removePlatform'
  | 'createFlavour'
  | 'listFlavours'
  | 'editFlavour'
  | 'removeFlavour';

export function platformRoutes(ledger: Ledger, onAltered: OnAltered): Pick<Handlers, Served> {
  return {
    createPlatform: (call) =>
      call.effect('platforms.add', async (tx) =>
        showPlatform(tx, await addPlatform(tx, call.principal.name, call.body, onAltered)),
      ),
    listPlatforms: async (call) => {
      const { cursor = '', limit = 50 } = call.query;
      const found = await listBundles(ledger.read, 'platform', cursor, limit);
      const items = await Promise.all(found.map((one) => showPlatform(ledger.read, one)));
      return { items, next: found.length === limit ? (found.at(-1)?.name ?? null) : null };
    },
    getPlatform: async (call) => {
      const change = await requireChange(ledger.read, call.query);
      return showPlatform(ledger.read, await requirePlatform(ledger.read, call.params.name, change), change);
    },
    editPlatform: (call) =>
      call.effect('platforms.edit', async (tx) =>
        showPlatform(tx, await editPlatform(tx, call.principal.name, call.params.name, call.body, onAltered)),
      ),
    removePlatform: (call) =>
      call.effect('platforms.remove', async (tx) => {
        await removePlatform(tx, call.principal.name, call.params.name, onAltered);
        return {};
      }),
    createFlavour: (call) =>
      call.effect('platforms.add-flavour', async (tx) =>
        showFlavour(tx, await addFlavour(tx, call.principal.name, call.body, onAltered)),
      ),
    listFlavours: async (call) => {
      const { cursor = '', limit = 50 } = call.query;
      const found = await listBundles(ledger.read, 'flavour', cursor, limit);
      const items = await Promise.all(found.map((one) => showFlavour(ledger.read, one)));
      return { items, next: found.length === limit ? (found.at(-1)?.name ?? null) : null };
    },
    editFlavour: (call) =>
      call.effect('platforms.edit-flavour', async (tx) =>
        showFlavour(tx, await editFlavour(tx, call.principal.name, call.params.name, call.body, onAltered)),
      ),
    removeFlavour: (call) =>
      call.effect('platforms.remove-flavour', async (tx) => {
        await removeFlavour(tx, call.principal.name, call.params.name);
        return {};
      }),
  };
}

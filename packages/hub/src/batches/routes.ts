/** Chains and batches over HTTP. */
import { Problem } from '@moromi/contract';
import { type BlobStore, blobSize } from '../blobs/index.ts';
import { type BuildLife, readSubmitted } from '../builds/index.ts';
import { newestChange, requireTarget } from '../catalog/index.ts';
import { demandOwner, mayHurry } from '../identity/index.ts';
import type { Handlers, Ledger } from '../ledger/index.ts';
import { cursorId } from '../tasks/index.ts';
import { cancelBatch, type NamedSource, pauseBatch, submitBatch } from './engine.ts';
import { mergeBatch } from './merge.ts';
import { findBatch, listBatches } from './queries.ts';
import { requestRebuild, startPlanned } from './rebuild.ts';
import { packagesOfSources, packagesOfTag } from './rebuild-sources.ts';
import { showBatchDetail, showBatches } from './show.ts';
import { requireBatch } from './state.ts';
import { requestTry } from './try-request.ts';

type Served =
  | 'createBatch'
  | 'createRebuild'
  | 'createTry'
  | 'startBatch'
  | 'mergeBatch'
  | 'listBatches'
  | 'getBatch'
  | 'cancelBatch'
  | 'pauseBatch';

export function batchRoutes(
  ledger: Ledger,
  store: BlobStore,
  life: BuildLife,
  url: () => string,
): Pick<Handlers, Served> {
  const shown = async (tx: Parameters<typeof requireBatch>[0], id: number) => {
    const [batch] = await showBatches(tx, [await requireBatch(tx, id)], url());
    if (batch === undefined) throw new Problem('unknown_batch');
    return batch;
  };
  return {
    createBatch: async (call) => {
      const { groups, options, ...rest } = call.body;
      const named: NamedSource[][] = [];
      for (const group of groups) {
        const sources: NamedSource[] = [];
        for (const source of group) {
          if ((await blobSize(ledger.read, source.sha256)) === undefined)
            throw new Problem('unknown_blob', `${source.name} was not uploaded`);
          const rpm = await readSubmitted(store, source.sha256, source.name);
          sources.push({
            sha256: source.sha256,
            name: source.name,
            package: rpm.name,
            options: { ...options, ...source.options },
          });
        }
        named.push(sources);
      }
      return await call.effect('batches.submit', async (tx) => {
        const batch = await submitBatch(
          tx,
          { ...rest, groups: named },
          call.principal.name,
          mayHurry(call.principal),
        );
        return await shown(tx, batch.id);
      });
    },
    createRebuild: async (call) => {
      const { tag, packages, sources, target, bump, bootstrap, cycles, onFailure, side, skipIdentical } =
        call.body;
      const { options, dryRun } = call.body;
      if ((tag === undefined) === (sources === undefined))
        throw new Problem('bad_request', 'a rebuild is of a tag or of source packages: name one of both');
      // Before what it is made of is read: what comes meanwhile is not in it.
      const since = await newestChange(ledger.read);
      const found =
        tag === undefined
          ? await packagesOfSources(ledger.read, store, sources ?? [])
          : await packagesOfTag(ledger.read, store, tag, since, packages);
      if (found.length === 0) throw new Problem('bad_request', `the tag ${tag} has no builds`);
      return await call.effect('batches.rebuild', async (tx) => {
        const wanted = { target, bump, bootstrap, cycles, onFailure, side, skipIdentical, options, dryRun };
        const request = { ...wanted, packages: found, since };
        const batch = await requestRebuild(tx, request, call.principal.name, mayHurry(call.principal));
        return await shown(tx, batch.id);
      });
    },
    createTry: async (call) => {
      const { target, sources, depth, bump, options, dryRun } = call.body;
      const since = await newestChange(ledger.read);
      const changed = await packagesOfSources(ledger.read, store, sources);
      const { buildTag } = await requireTarget(ledger.read, target);
      const others = await packagesOfTag(ledger.read, store, buildTag.name, since);
      return await call.effect('batches.try', async (tx) => {
        const batch = await requestTry(
          tx,
          { target, depth, bump, options, dryRun },
          { changed, others, since },
          call.principal.name,
          mayHurry(call.principal),
        );
        return await shown(tx, batch.id);
      });
    },
    startBatch: (call) =>
      call.effect('batches.start', async (tx) => {
        demandOwner(call.principal, (await requireBatch(tx, call.params.id)).owner);
        await startPlanned(tx, life, call.params.id, call.principal.name);
        return await shown(tx, call.params.id);
      }),
    mergeBatch: (call) =>
      call.effect('batches.merge', async (tx) => {
        demandOwner(call.principal, (await requireBatch(tx, call.params.id)).owner);
        await mergeBatch(tx, life, call.params.id, call.body.force === true, call.principal.name);
        return await shown(tx, call.params.id);
      }),
    listBatches: async (call) => {
      const limit = call.query.limit ?? 50;
      const before = call.query.cursor === undefined ? undefined : cursorId(call.query.cursor);
      const found = await listBatches(ledger.read, { ...call.query, before, limit });
      return {
        items: await showBatches(ledger.read, found, url()),
        next: found.length === limit ? String(found.at(-1)?.id) : null,
      };
    },
    getBatch: async (call) => {
      const batch = await findBatch(ledger.read, call.params.id);
      if (batch === undefined) throw new Problem('unknown_batch', `there is no batch ${call.params.id}`);
      return await showBatchDetail(ledger.read, batch, url());
    },
    cancelBatch: (call) =>
      call.effect('batches.cancel', async (tx) => {
        demandOwner(call.principal, (await requireBatch(tx, call.params.id)).owner);
        await cancelBatch(tx, life, call.params.id, call.principal.name);
        return await shown(tx, call.params.id);
      }),
    pauseBatch: (call) =>
      call.effect('batches.pause', async (tx) => {
        demandOwner(call.principal, (await requireBatch(tx, call.params.id)).owner);
        await pauseBatch(tx, call.params.id, call.body.paused, call.principal.name);
        return await shown(tx, call.params.id);
      }),
  };
}

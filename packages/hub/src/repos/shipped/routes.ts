/** Repositories that are shipped, over HTTP. */
import { Problem } from '@moromi/contract';
import type { BlobReader } from '../../blobs/index.ts';
import { newestChange } from '../../catalog/index.ts';
import type { Handlers, Ledger, Reader } from '../../ledger/index.ts';
import { cursorId } from '../../tasks/index.ts';
import type { Press } from '../press/press.ts';
import { hasZchunk } from '../press/zchunk.ts';
import { isOffline, listDists, missingKey } from './queries.ts';
import { readRecord } from './record.ts';
import { withoutRecord, withRecord } from './records.ts';
import { addDist, editDist, requestDist, requireDist, restoreDist } from './repo.ts';
import { showDists, showRevisions } from './show.ts';

type Served =
  | 'createDist'
  | 'listDists'
  | 'getDist'
  | 'editDist'
  | 'addDistRecord'
  | 'removeDistRecord'
  | 'requestDist'
  | 'listDistRevisions'
  | 'rollBackDist';

export function distRoutes(
  ledger: Ledger,
  blobs: BlobReader,
  press: Press,
  url: () => string,
): Pick<Handlers, Served> {
  const shown = async (reader: Reader, name: string) => {
    const [repo] = await showDists(reader, [await requireDist(reader, name)], url());
    if (repo === undefined) throw new Problem('unknown_repo');
    return repo;
  };
  const checkKeys = async (
    reader: Reader,
    { keys = [], repoKey }: { keys?: string[]; repoKey?: string | null },
  ) => {
    const missing = await missingKey(reader, [...keys, ...(repoKey == null ? [] : [repoKey])]);
    if (missing !== undefined) throw new Problem('unknown_key', `there is no key ${missing}`);
    // No revision would ever be shown.
    if (repoKey != null && (await isOffline(reader, repoKey)))
      throw new Problem('key_offline', `the key ${repoKey} signs by hand and cannot seal metadata`);
  };
  const checkTools = async ({ zchunk = false }: { zchunk?: boolean }) => {
    if (zchunk && !(await hasZchunk())) throw new Problem('no_zchunk');
  };
  return {
    createDist: async (call) => {
      await checkTools(call.body.definition);
      return await call.effect('repos.add-dist', async (tx) => {
        await checkKeys(tx, call.body.definition);
        await addDist(tx, call.principal.name, call.body);
        return await shown(tx, call.body.name);
      });
    },
    listDists: async (call) => {
      const limit = call.query.limit ?? 50;
      const found = await listDists(ledger.read, call.query.cursor ?? '', limit);
      return {
        items: await showDists(ledger.read, found, url()),
        next: found.length === limit ? (found.at(-1)?.name ?? null) : null,
      };
    },
    getDist: (call) => shown(ledger.read, call.params.name),
    editDist: async (call) => {
      await checkTools(call.body.definition);
      return await call.effect('repos.edit-dist', async (tx) => {
        await checkKeys(tx, call.body.definition);
        await editDist(tx, call.principal.name, call.params.name, call.body.definition);
        return await shown(tx, call.params.name);
      });
    },
    addDistRecord: async (call) => {
      const { name } = call.params;
      const { definition } = await requireDist(ledger.read, name);
      const { type, sha256, trees } = call.body;
      const record = await readRecord(
        blobs,
        press,
        { type, sha256, name: call.body.name },
        definition.compression,
      );
      return await call.effect('repos.add-record', async (tx) => {
        const { definition: now } = await requireDist(tx, name, true);
        await record.keep(tx);
        const added = { ...record.about, ...(trees === undefined ? {} : { trees }) };
        await editDist(tx, call.principal.name, name, { records: withRecord(now.records, added) });
        return await shown(tx, name);
      });
    },
    removeDistRecord: (call) =>
      call.effect('repos.remove-record', async (tx) => {
        const { name } = call.params;
        const { records } = (await requireDist(tx, name, true)).definition;
        const left = withoutRecord(records, call.body.type, call.body.trees);
        await editDist(tx, call.principal.name, name, { records: left });
        return await shown(tx, name);
      }),
    requestDist: (call) =>
      call.effect('repos.request-dist', async (tx) => {
        const repo = await requireDist(tx, call.params.name);
        return { task: await requestDist(tx, repo, await newestChange(tx), call.principal.name) };
      }),
    listDistRevisions: async (call) => {
      const repo = await requireDist(ledger.read, call.params.name);
      const limit = call.query.limit ?? 50;
      const before = call.query.cursor === undefined ? 2 ** 31 - 1 : cursorId(call.query.cursor);
      const items = await showRevisions(ledger.read, repo, url(), { before, limit });
      return { items, next: items.length === limit ? String(items.at(-1)?.number) : null };
    },
    rollBackDist: (call) =>
      call.effect('repos.restore-dist', async (tx) => {
        const repo = await requireDist(tx, call.params.name, true);
        return { task: await restoreDist(tx, repo, call.params.number, call.principal.name) };
      }),
  };
}

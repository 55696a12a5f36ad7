/** Tags with their repositories, and revisions, over HTTP. */
import { Problem, type Tag, type TagSettings } from '@moromi/contract';
import {
  addTag,
  edges,
  editTag,
  listTags,
  newestChange,
  type OnAltered,
  requireTag,
  saidOf,
  settingsOf,
  type TagFacts,
  tagsById,
} from '../catalog/index.ts';
import type { Handlers, Ledger, Reader } from '../ledger/index.ts';
import { cursorId } from '../tasks/index.ts';
import { findRepo, listRevisions } from './queries.ts';
import { requestRestore, requestRevision } from './request.ts';
import { holdsOf } from './retention/hold-queries.ts';
import { shownHold } from './retention/routes.ts';
import { waitFor } from './wait.ts';

type Served =
  | 'createTag'
  | 'editTag'
  | 'listTags'
  | 'getTag'
  | 'listRevisions'
  | 'regenRepo'
  | 'waitRepo'
  | 'rollBackRepo';

/** Settings by which a tag's repository, and that of whatever inherits from it, has other architectures or content. */
const shownBy = new Set<string>([
  'arches',
  'optionalArches',
  'packages',
  'builds',
  'latest',
  'packageList',
  'externalRepos',
] satisfies (keyof TagSettings)[]);

/** @param onAltered asks for revisions of tags that show something else, and for signatures */
export function repoRoutes(ledger: Ledger, url: () => string, onAltered: OnAltered): Pick<Handlers, Served> {
  const show = async (reader: Reader, tag: TagFacts): Promise<Tag> => {
    const change = await newestChange(reader);
    const parents = (await edges(reader, change)).filter((edge) => edge.tag === tag.id);
    const names = await tagsById(
      reader,
      parents.map((edge) => edge.parent),
    );
    return {
      name: tag.name,
      inherits: parents.map((edge) => saidOf(edge, names.get(edge.parent)?.name ?? '')),
      settings: await settingsOf(reader, tag),
      change,
      revision: (await findRepo(reader, tag.id))?.number ?? null,
      repoUrl: `${url()}/repos/${tag.name}/latest/`,
      repoFile: `${url()}/repos/${tag.name}/${tag.name}.repo`,
    };
  };
  return {
    createTag: (call) =>
      call.effect('repos.add-tag', async (tx) => {
        const { tag, change } = await addTag(tx, call.principal.name, call.body);
        await onAltered(tx, [tag], change, null, call.principal.name);
        return await show(tx, tag);
      }),
    editTag: (call) =>
      call.effect('repos.edit-tag', async (tx) => {
        const { tag, change, down } = await editTag(
          tx,
          call.principal.name,
          call.params.name,
          call.body.settings,
          call.body.seen,
        );
        if (Object.keys(call.body.settings).some((key) => shownBy.has(key)))
          await onAltered(tx, down, change, null, call.principal.name);
        return await show(tx, tag);
      }),
    listTags: async (call) => {
      const limit = call.query.limit ?? 50;
      const found = await listTags(ledger.read, call.query.cursor ?? '', limit);
      return {
        items: await Promise.all(found.map((tag) => show(ledger.read, tag))),
        next: found.length === limit ? (found.at(-1)?.name ?? null) : null,
      };
    },
    regenRepo: (call) =>
      call.effect('repos.regenerate', async (tx) => {
        const tag = await requireTag(tx, call.params.name);
        const change = await newestChange(tx);
        await requestRevision(tx, tag, change, null, call.principal.name);
        const repo = await findRepo(tx, tag.id);
        if (repo === undefined)
          throw new Problem('bad_request', `${tag.name} has no architectures, so it has no repository`);
        return { task: repo.task };
      }),
    waitRepo: (call) => {
      const { builds, waitSeconds } = call.query;
      const wanted = (builds ?? '').split(',').filter((one) => one !== '');
      return waitFor(ledger, call.params.name, wanted, waitSeconds ?? 25, call.gone);
    },
    rollBackRepo: (call) =>
      call.effect('repos.restore', async (tx) => {
        const tag = await requireTag(tx, call.params.name);
        return { task: await requestRestore(tx, tag, call.params.number, call.principal.name) };
      }),
    getTag: async (call) => show(ledger.read, await requireTag(ledger.read, call.params.name)),
    listRevisions: async (call) => {
      const tag = await requireTag(ledger.read, call.params.name);
      const limit = call.query.limit ?? 50;
      const before = call.query.cursor === undefined ? 2 ** 31 - 1 : cursorId(call.query.cursor);
      const found = await listRevisions(ledger.read, tag.id, before, limit);
      const holds = await holdsOf(
        ledger.read,
        found.map((one) => one.id),
      );
      const items = found.map(({ id, createdAt, expiredAt, ...one }) => ({
        ...one,
        createdAt: createdAt.toISOString(),
        expiredAt: expiredAt?.toISOString() ?? null,
        holds: holds.filter((hold) => hold.revision === id).map(shownHold),
        url: `${url()}/repos/${one.tag}/${one.number}/`,
      }));
      return { items, next: found.length === limit ? String(found.at(-1)?.number) : null };
    },
  };
}

/** Tags with their repositories, and revisions, over HTTP. */
import type { Tag } from '@moromi/contract';
import {
  addTag,
  edges,
  editTag,
  listTags,
  newestChange,
  requireTag,
  settingsOf,
  type TagFacts,
  tagsById,
} from '../catalog/index.ts';
import type { Handlers, Ledger, Reader } from '../ledger/index.ts';
import { cursorId } from '../tasks/index.ts';
import { findRepo, listRevisions } from './queries.ts';
import { requestRevision } from './request.ts';

type Served = 'createTag' | 'editTag' | 'listTags' | 'getTag' | 'listRevisions';

export function repoRoutes(ledger: Ledger, url: () => string): Pick<Handlers, Served> {
  const show = async (reader: Reader, tag: TagFacts): Promise<Tag> => {
    const change = await newestChange(reader);
    const parents = (await edges(reader, change)).filter((edge) => edge.tag === tag.id);
    const names = await tagsById(
      reader,
      parents.map((edge) => edge.parent),
    );
    return {
      name: tag.name,
      inherits: parents.map((edge) => ({
        parent: names.get(edge.parent)?.name ?? '',
        priority: edge.priority,
      })),
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
        await requestRevision(tx, tag, change, null, call.principal.name);
        return await show(tx, tag);
      }),
    editTag: (call) =>
      call.effect('repos.edit-tag', async (tx) => {
        const { tag, change, down } = await editTag(
          tx,
          call.principal.name,
          call.params.name,
          call.body.settings,
        );
        // Whatever inherits its architectures has another set of them now.
        const { arches, optionalArches, packages } = call.body.settings;
        if (arches !== undefined || optionalArches !== undefined || packages !== undefined)
          for (const one of down) await requestRevision(tx, one, change, null, call.principal.name);
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
    getTag: async (call) => show(ledger.read, await requireTag(ledger.read, call.params.name)),
    listRevisions: async (call) => {
      const tag = await requireTag(ledger.read, call.params.name);
      const limit = call.query.limit ?? 50;
      const before = call.query.cursor === undefined ? 2 ** 31 - 1 : cursorId(call.query.cursor);
      const found = await listRevisions(ledger.read, tag.id, before, limit);
      const items = found.map(({ id: _, createdAt, ...one }) => ({
        ...one,
        createdAt: createdAt.toISOString(),
        url: `${url()}/repos/${one.tag}/${one.number}/`,
      }));
      return { items, next: found.length === limit ? String(found.at(-1)?.number) : null };
    },
  };
}

/**
 * The runs of a tree: which stand as they are, and which are to be packed.
 *
 * Invariant: made from the last revision's runs and a change, or from the whole content, the sequence is the same.
 */
import { compareMembers, cut, recut, runKey } from '@moromi/repodata';
import type { Reader } from '../../ledger/index.ts';
import type { Form } from './form.ts';
import { type CopyMember, type Layout, memberOf } from './member.ts';
import { type CopyFacts, copiesById, membersOf, type RunFacts, runsById, runsByKey } from './queries.ts';

/** All copies; or the runs of the last revision's tree, and which copies leave and enter them. */
export type Content = { all: number[] } | { before: number[]; remove: number[]; add: number[] };

export interface ToPack {
  key: string;
  members: readonly CopyMember[];
}

export async function sequenceOf(
  reader: Reader,
  content: Content,
  { layout, compression, documents }: Form,
  known: (copies: readonly CopyFacts[]) => Promise<CopyFacts[]>,
): Promise<(RunFacts | ToPack)[]> {
  const members = async (ids: readonly number[]): Promise<CopyMember[]> => {
    const found = await copiesById(reader, ids);
    const missing = ids.find((id) => !found.has(id));
    if (missing !== undefined) throw new Error(`there is no copy ${missing}`);
    return (await known([...found.values()])).map((one) => memberOf(one, layout));
  };
  const runs =
    'all' in content
      ? cut((await members(content.all)).sort(compareMembers))
      : await changed(
          reader,
          content.before,
          await members(content.remove),
          await members(content.add),
          layout,
        );
  const keyed = runs.map((run) =>
    'key' in run
      ? run
      : {
          key: runKey(run as readonly CopyMember[], documents, compression),
          members: run as readonly CopyMember[],
        },
  );
  // Other revisions, tags and architectures may have the same.
  const there = await runsByKey(
    reader,
    keyed.flatMap((run) => ('id' in run ? [] : run.key)),
  );
  return keyed.map((run) => ('id' in run ? run : (there.get(run.key) ?? run)));
}

async function changed(
  reader: Reader,
  before: readonly number[],
  remove: readonly CopyMember[],
  add: readonly CopyMember[],
  layout: Layout,
): Promise<(RunFacts | readonly CopyMember[])[]> {
  const load = async (runs: RunFacts[]): Promise<CopyMember[][]> => {
    const found = await membersOf(
      reader,
      runs.flatMap((run) => run.id ?? []),
    );
    return runs.map((run) => (found.get(run.id ?? 0) ?? []).map((one) => memberOf(one, layout)));
  };
  const known = (await runsById(reader, before)).map((ref) => ({ first: ref.first, ref }));
  const { runs } = await recut(known, load, { remove, add });
  return runs.map((run) => ('ref' in run ? run.ref : (run.members as readonly CopyMember[])));
}

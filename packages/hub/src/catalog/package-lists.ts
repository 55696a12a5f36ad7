/**
 * Which packages a tag is for, and which it hides.
 *
 * Invariant: the list of a tag with those of its parents decides what is shown (see `listed.ts`). Where the list is open,
 * as it is unless a tag's setting says otherwise, entries only name owners, add architectures and block; so what was
 * tagged before there were lists goes on to be shown. Koji's unblocking: a block of the tag's own goes away, and where the
 * package would then be hidden still, an entry that does not block takes its place.
 */
import { type NewPackages, type PackagesEdit, Problem } from '@moromi/contract';
import { hint, type Reader, type Tx, tell } from '../ledger/index.ts';
import { alteredBy, type MaybeAltered } from './altered.ts';
import { endPackages, listedPackages, putPackages, taggedBuilds } from './content-queries.ts';
import { isShown, type ListedPackage, nearestEntries } from './listed.ts';
import { requireTag, requireUnlocked } from './look-up.ts';
import { beginChange, lockCatalogue, newestChange, type TagFacts } from './queries.ts';
import { type Seen, sightOf } from './sight.ts';

interface Looked {
  tag: TagFacts;
  sight: Seen;
  /** For each package its nearest entry. */
  nearest: Map<string, ListedPackage>;
}

async function look(tx: Tx, name: string, packages: readonly string[], force: boolean): Promise<Looked> {
  await lockCatalogue(tx);
  const tag = await requireTag(tx, name);
  requireUnlocked(tag, force);
  const sight = await sightOf(tx, tag);
  const entries = await listedPackages(tx, sight.order, await newestChange(tx), packages);
  return { tag, sight, nearest: nearestEntries(sight.visits, entries) };
}

type Entry = Omit<ListedPackage, 'tag'>;
const asItWas: MaybeAltered = { change: null, altered: [] };

/** Writes entries in one change, where there are any to write. */
async function write(
  tx: Tx,
  actor: string,
  tag: TagFacts,
  verb: 'list' | 'block' | 'unblock' | 'unlist',
  put: readonly Entry[],
  end: readonly string[] = [],
): Promise<MaybeAltered> {
  const packages = [...put.map((one) => one.package), ...end];
  if (packages.length === 0) return asItWas;
  const few = packages.length === 1 ? packages[0] : `${packages.length} packages`;
  const change = await beginChange(tx, actor, `${verb} ${few} in ${tag.name}`);
  if (end.length > 0) await endPackages(tx, tag.id, end, change);
  if (put.length > 0) await putPackages(tx, tag.id, put, change);
  tell(tx, {
    type: `tag.packages-${verb}ed`,
    subject: `tag:${tag.name}`,
    actor,
    data: { change, packages: packages.slice(0, 1000) },
  });
  hint(tx, 'tags');
  return { change, altered: await alteredBy(tx, tag, packages) };
}

export async function addPackages(
  tx: Tx,
  actor: string,
  name: string,
  { packages, owner, extraArches, force = false }: NewPackages,
): Promise<MaybeAltered> {
  const { tag, nearest } = await look(tx, name, packages, force);
  const put: Entry[] = [];
  for (const one of new Set(packages)) {
    const before = nearest.get(one);
    if (before?.blocked === true && !force)
      throw new Problem('package_blocked', `${one} is blocked in ${name}`);
    const entry = {
      package: one,
      blocked: false,
      owner: owner ?? before?.owner ?? actor,
      extraArches: extraArches ?? before?.extraArches ?? [],
    };
    if (before === undefined || !isSame(before, entry)) put.push(entry);
  }
  return await write(tx, actor, tag, 'list', put);
}

/** Changes owners or architectures of packages that the tag lists or takes over. */
export async function editPackages(
  tx: Tx,
  actor: string,
  name: string,
  { packages, owner, extraArches, force = false }: PackagesEdit,
): Promise<MaybeAltered> {
  const { tag, nearest } = await look(tx, name, packages, force);
  const put: Entry[] = [];
  for (const one of new Set(packages)) {
    const before = nearest.get(one);
    if (before === undefined && !force)
      throw new Problem('package_not_listed', `${one} is not listed in ${name}`);
    const entry = {
      package: one,
      blocked: before?.blocked ?? false,
      owner: owner ?? before?.owner ?? actor,
      extraArches: extraArches ?? before?.extraArches ?? [],
    };
    if (before === undefined || !isSame(before, entry)) put.push(entry);
  }
  return await write(tx, actor, tag, 'list', put);
}

/** Hides packages. What nobody lists and no tag has is taken for a slip of the pen, unless it is forced. */
export async function blockPackages(
  tx: Tx,
  actor: string,
  name: string,
  packages: readonly string[],
  force: boolean,
): Promise<MaybeAltered> {
  const { tag, sight, nearest } = await look(tx, name, packages, force);
  const tagged = new Set(
    (await taggedBuilds(tx, sight.order, await newestChange(tx), packages)).map((one) => one.package),
  );
  const put: Entry[] = [];
  for (const one of new Set(packages)) {
    const before = nearest.get(one);
    if (before === undefined && !tagged.has(one) && !force)
      throw new Problem('package_not_listed', `${name} neither lists ${one} nor has a build of it`);
    const entry = {
      package: one,
      blocked: true,
      owner: before?.owner ?? actor,
      extraArches: before?.extraArches ?? [],
    };
    if (before === undefined || !isSame(before, entry)) put.push(entry);
  }
  return await write(tx, actor, tag, 'block', put);
}

export async function unblockPackages(
  tx: Tx,
  actor: string,
  name: string,
  packages: readonly string[],
  force: boolean,
): Promise<MaybeAltered> {
  const { tag, sight, nearest } = await look(tx, name, packages, force);
  const entries = await listedPackages(tx, sight.order, await newestChange(tx), packages);
  const inherited = nearestEntries(
    sight.visits,
    entries.filter((one) => one.tag !== tag.id),
  );
  const put: Entry[] = [];
  const end: string[] = [];
  for (const one of new Set(packages)) {
    const before = nearest.get(one);
    if (before?.blocked !== true) throw new Problem('package_not_listed', `${one} is not blocked in ${name}`);
    const above = inherited.get(one);
    if (before.tag === tag.id && above !== undefined && !above.blocked) end.push(one);
    else put.push({ ...before, blocked: false });
  }
  return await write(tx, actor, tag, 'unblock', put, end);
}

/** Takes packages from a tag's own list. */
export async function removePackages(
  tx: Tx,
  actor: string,
  name: string,
  packages: readonly string[],
  force: boolean,
): Promise<MaybeAltered> {
  const { tag } = await look(tx, name, packages, force);
  const change = await newestChange(tx);
  const own = new Set((await listedPackages(tx, [tag.id], change, packages)).map((one) => one.package));
  const missing = packages.find((one) => !own.has(one));
  if (missing !== undefined)
    throw new Problem('package_not_listed', `${missing} is not in the list of ${name} itself`);
  const [tagged] = await taggedBuilds(tx, [tag.id], change, packages);
  if (tagged !== undefined && !force)
    throw new Problem(
      'tag_in_use',
      `${tagged.nvr} is in ${name}; untag the builds of ${tagged.package} first, or use --force`,
    );
  return await write(tx, actor, tag, 'unlist', [], [...new Set(packages)]);
}

function isSame(one: Entry, other: Entry): boolean {
  return (
    one.blocked === other.blocked &&
    one.owner === other.owner &&
    one.extraArches.toSorted().join() === other.extraArches.toSorted().join()
  );
}

/** What a tag's list says of some packages. */
export async function entriesOf(
  tx: Reader,
  tag: Pick<TagFacts, 'id'>,
  packages: readonly string[],
): Promise<{ nearest: Map<string, ListedPackage>; sight: Seen }> {
  const sight = await sightOf(tx, tag);
  const entries = await listedPackages(tx, sight.order, await newestChange(tx), packages);
  return { nearest: nearestEntries(sight.visits, entries), sight };
}

/** The architectures for which a tag's list wants a package beside the others. */
export async function extraArches(tx: Reader, tag: Pick<TagFacts, 'id'>, name: string): Promise<string[]> {
  const { nearest } = await entriesOf(tx, tag, [name]);
  return nearest.get(name)?.extraArches ?? [];
}

/** @throws Problem where builds of a package would not be shown in the tag */
export async function requireListed(tx: Reader, tag: TagFacts, packages: readonly string[]): Promise<void> {
  const { nearest, sight } = await entriesOf(tx, tag, packages);
  for (const name of packages) {
    const entry = nearest.get(name);
    if (isShown(sight.packageList, entry)) continue;
    if (entry === undefined)
      throw new Problem(
        'package_not_listed',
        `${name} is not in the list of ${tag.name}: moromi add-pkg ${tag.name} ${name}`,
      );
    throw new Problem(
      'package_blocked',
      `${name} is blocked in ${tag.name}: moromi unblock-pkg ${tag.name} ${name}`,
    );
  }
}

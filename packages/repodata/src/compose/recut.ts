/**
 * Cuts a changed repository, looking only at runs near the change.
 *
 * Invariant: the result is what `cut` makes of the whole changed sequence, and a run that it gives back as known has the
 * very members it had. What is loaded: the runs in which something changes, and from each the following ones up to the
 * first place where an old run and a new run begin together.
 */
import { Cutter, type RunLimits, runLimits } from './cut.ts';
import { compareMembers, type Member, type Place } from './member.ts';

export interface KnownRun<Ref> {
  /** The run's first member. */
  readonly first: Place;
  /** By which the caller finds the run again. */
  readonly ref: Ref;
}

export interface Change {
  /** Members of the repository, as they stand there. */
  readonly remove: readonly Place[];
  /** Members that the repository does not have, or not after the removals. */
  readonly add: readonly Member[];
}

export interface NewRun {
  readonly members: readonly Member[];
}

export interface Recut<Ref> {
  /** The whole sequence of runs after the change. */
  readonly runs: readonly (KnownRun<Ref> | NewRun)[];
}

/**
 * @param runs those that `cut` or `recut` made with the same runLimits, in order
 * @param load gives each run's members in their order; called a few times, each time for all that is wanted by then
 * Throws an `Error` when the change removes what is not there or adds what is: then its maker is mistaken about what the
 * repository has.
 */
export async function recut<Ref>(
  runs: readonly KnownRun<Ref>[],
  load: (refs: Ref[]) => Promise<readonly (readonly Member[])[]>,
  change: Change,
  chosen: RunLimits = runLimits,
): Promise<Recut<Ref>> {
  const changes = changesByRun(runs, change);
  const loaded = new Map<number, readonly Member[]>();
  let wanted = runs.length === 0 ? [] : [...changes.keys()];
  for (;;) {
    if (wanted.length > 0) {
      const found = await load(wanted.map((at) => runAt(runs, at).ref));
      for (const [index, at] of wanted.entries()) loaded.set(at, checked(found[index], runAt(runs, at)));
    }
    const pass = new Pass(runs, changes, loaded, chosen);
    pass.walk();
    if (pass.wanted.length === 0) return { runs: pass.made };
    wanted = pass.wanted;
  }
}

interface RunChange {
  readonly remove: Place[];
  readonly add: Member[];
}

/** Numbers of runs with what changes in each, ascending; without runs all is under 0. */
function changesByRun(runs: readonly KnownRun<unknown>[], { remove, add }: Change): Map<number, RunChange> {
  const changes = new Map<number, RunChange>();
  const at = (place: Place): RunChange => {
    const run = runOf(runs, place);
    let found = changes.get(run);
    if (found === undefined) {
      found = { remove: [], add: [] };
      changes.set(run, found);
    }
    return found;
  };
  for (const place of remove) at(place).remove.push(place);
  for (const member of add) at(member).add.push(member);
  return new Map([...changes].sort(([a], [b]) => a - b));
}

/** The last run that begins at or before the place. */
function runOf(runs: readonly KnownRun<unknown>[], place: Place): number {
  let low = 0;
  let high = runs.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (compareMembers(runAt(runs, middle).first, place) <= 0) low = middle;
    else high = middle;
  }
  return low;
}

/** Goes once over all runs; what it would need to see and cannot, it notes as wanted. */
class Pass<Ref> {
  readonly made: (KnownRun<Ref> | NewRun)[] = [];
  readonly wanted: number[] = [];
  readonly #runs: readonly KnownRun<Ref>[];
  readonly #changes: ReadonlyMap<number, RunChange>;
  readonly #loaded: ReadonlyMap<number, readonly Member[]>;
  readonly #limits: RunLimits;
  #cutter: Cutter;
  /** Members since the last end of a run. */
  #open: Member[] = [];

  constructor(
    runs: readonly KnownRun<Ref>[],
    changes: ReadonlyMap<number, RunChange>,
    loaded: ReadonlyMap<number, readonly Member[]>,
    chosen: RunLimits,
  ) {
    this.#runs = runs;
    this.#changes = changes;
    this.#loaded = loaded;
    this.#limits = chosen;
    this.#cutter = new Cutter(chosen);
  }

  walk(): void {
    for (const [at, run] of this.#runs.entries()) this.#step(at, run);
    if (this.#runs.length === 0) this.#feed(changed([], this.#changes.get(0)), undefined);
    this.#end();
  }

  #step(at: number, run: KnownRun<Ref>): void {
    const change = this.#changes.get(at);
    if (this.#open.length === 0 && change === undefined) {
      this.made.push(run);
      return;
    }
    const members = this.#loaded.get(at);
    if (members !== undefined) {
      this.#feed(changed(members, change), change === undefined ? undefined : { run, members });
      return;
    }
    // Goes on as if runs began together after it, to want at once what other changes need too.
    this.wanted.push(at);
    this.#open = [];
    this.#cutter = new Cutter(this.#limits);
  }

  #feed(
    members: readonly Member[],
    known: { run: KnownRun<Ref>; members: readonly Member[] } | undefined,
  ): void {
    for (const member of members) {
      this.#open.push(member);
      if (this.#cutter.endsWith(member)) this.#end(known);
    }
  }

  #end(known?: { run: KnownRun<Ref>; members: readonly Member[] }): void {
    if (this.#open.length === 0) return;
    this.made.push(
      known !== undefined && isSame(this.#open, known.members) ? known.run : { members: this.#open },
    );
    this.#open = [];
    this.#cutter = new Cutter(this.#limits);
  }
}

function isSame(a: readonly Member[], b: readonly Member[]): boolean {
  return a.length === b.length && a.every((member, at) => member === b[at]);
}

function changed(members: readonly Member[], change: RunChange | undefined): readonly Member[] {
  if (change === undefined) return members;
  const rest = removed(members, [...change.remove].sort(compareMembers));
  return added(rest, [...change.add].sort(compareMembers));
}

function removed(members: readonly Member[], remove: readonly Place[]): Member[] {
  let next = 0;
  const rest = members.filter((member) => {
    const place = remove[next];
    if (place === undefined || compareMembers(place, member) !== 0) return true;
    next += 1;
    return false;
  });
  const missing = remove[next];
  if (missing !== undefined) throw new Error(`The repository has no ${shownPlace(missing)} to remove.`);
  return rest;
}

function added(members: readonly Member[], add: readonly Member[]): Member[] {
  const all: Member[] = [];
  let from = 0;
  for (const member of add) {
    let to = from;
    while (to < members.length && compareMembers(members[to] ?? member, member) < 0) to += 1;
    for (; from < to; from += 1) all.push(members[from] ?? member);
    const before = all.at(-1);
    const after = members[to];
    if (
      (before !== undefined && compareMembers(before, member) === 0) ||
      (after !== undefined && compareMembers(after, member) === 0)
    ) {
      throw new Error(`The repository has ${shownPlace(member)} already.`);
    }
    all.push(member);
  }
  for (const member of members.slice(from)) all.push(member);
  return all;
}

function checked(members: readonly Member[] | undefined, { first }: KnownRun<unknown>): readonly Member[] {
  const found = members?.[0];
  if (members === undefined || found === undefined || compareMembers(found, first) !== 0) {
    throw new Error(`The run that begins with ${shownPlace(first)} was loaded as another.`);
  }
  return members;
}

function runAt<Ref>(runs: readonly KnownRun<Ref>[], at: number): KnownRun<Ref> {
  const run = runs[at];
  if (run === undefined) throw new RangeError(`there is no run ${at}`);
  return run;
}

function shownPlace({ name, epoch, version, release, arch, id }: Place): string {
  return `${name}-${epoch ?? 0}:${version}-${release}.${arch} (${id.slice(0, 12)})`;
}

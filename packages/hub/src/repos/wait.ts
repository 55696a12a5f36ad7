/**
 * Waiting for a repository.
 *
 * Invariant: the answer is of one instant of the ledger; who waits is woken by a hint and looks at least once a second,
 * so a lost hint costs a second.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Problem, type Reply, type Routes } from '@moromi/contract';
import { findBuild, findBuildByNvr } from '../builds/index.ts';
import { listedAt, newestChange, requireTag, type TagFacts } from '../catalog/index.ts';
import type { Ledger, Reader } from '../ledger/index.ts';
import { changeOf, findRepo } from './queries.ts';

type WaitReply = Reply<Routes['waitRepo']>;

interface Wanted {
  id: number;
  shown: string;
  package: string;
}

export async function waitFor(
  ledger: Ledger,
  name: string,
  builds: readonly string[],
  seconds: number,
  gone: AbortSignal,
): Promise<WaitReply> {
  const tag = await requireTag(ledger.read, name);
  const wanted = await Promise.all(builds.map((one) => requireBuild(ledger.read, one)));
  // Without builds: what the tag holds when the question comes, and nothing that comes later.
  const change = await newestChange(ledger.read);
  const end = AbortSignal.any([gone, AbortSignal.timeout(seconds * 1000)]);
  for (;;) {
    let wake = (): void => {};
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const off = ledger.hints.on('repos', wake);
    try {
      const said =
        wanted.length === 0
          ? await untilChange(ledger.read, tag, change)
          : await untilBuilds(ledger.read, tag, wanted);
      const never = said.missing.length > 0 || said.superseded.length > 0;
      if (said.revision !== null || never || end.aborted) return said;
      await Promise.race([woken, delay(1000, undefined, { signal: end }).catch(() => {})]);
    } finally {
      off();
    }
  }
}

async function requireBuild(reader: Reader, which: string): Promise<Wanted> {
  const found = /^\d{1,15}$/.test(which)
    ? await findBuild(reader, Number(which))
    : await findBuildByNvr(reader, which);
  if (found === undefined) throw new Problem('unknown_build', `there is no build ${which}`);
  return { id: found.id, shown: which, package: found.name };
}

async function untilChange(reader: Reader, tag: TagFacts, change: number): Promise<WaitReply> {
  const repo = await findRepo(reader, tag.id);
  const shown = repo?.revision == null ? undefined : await changeOf(reader, repo.revision);
  // A tag that no change has altered since has no newer revision to wait for.
  const there = shown !== undefined && (shown >= change || (repo?.over && repo.wanted <= shown));
  return {
    revision: there ? (repo?.number ?? null) : null,
    missing: [],
    superseded: [],
    task: repo?.over === false ? repo.task : null,
  };
}

async function untilBuilds(reader: Reader, tag: TagFacts, wanted: readonly Wanted[]): Promise<WaitReply> {
  const repo = await findRepo(reader, tag.id);
  const shown = repo?.revision == null ? 0 : await changeOf(reader, repo.revision);
  const newest = await newestChange(reader);
  const held = async ({ package: name }: Wanted, change: number, latest: boolean) =>
    await listedAt(reader, tag, change, { inherit: true, latest, package: name });
  const missing: string[] = [];
  const superseded: WaitReply['superseded'] = [];
  let all = true;
  for (const one of wanted) {
    if ((await held(one, shown, true)).some(({ build }) => build === one.id)) continue;
    all = false;
    const [latest] = await held(one, newest, true);
    if (latest?.build === one.id) continue;
    const there = (await held(one, newest, false)).some(({ build }) => build === one.id);
    if (there && latest !== undefined) superseded.push({ build: one.shown, by: latest.nvr });
    else missing.push(one.shown);
  }
  return {
    revision: all ? (repo?.number ?? null) : null,
    missing,
    superseded,
    task: repo?.over === false ? repo.task : null,
  };
}

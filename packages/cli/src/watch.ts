/**
 * Watching tasks to their end.
 *
 * Invariant: it is over when the build has ended and so has every task that belongs to it, those that publish it
 * included; state is read whole at every (re)connection, so no end is missed, and nothing is asked for on a clock.
 */
import type { Task } from '@moromi/contract';
import { Arrows, arrowLine, type Change, isOver } from './arrows.ts';
import { follow } from './follow.ts';
import { allPages } from './pages.ts';
import { Progress } from './progress.ts';
import type { Session } from './session.ts';
import { exits } from './trouble.ts';
import { verdict, type Watched } from './verdict.ts';

/** @returns the exit code: 1 where a watched task did not succeed */
export async function watch(session: Session, ids: number[]): Promise<number> {
  const arrows = new Arrows();
  const watched = new Map<number, Watched>();
  for (const id of ids) {
    const top = await session.client.call('getTask', { params: { id } });
    watched.set(id, { top, build: undefined, over: false });
  }
  const hubTime = session.screen.lively ? (await session.client.call('status', {})).time : undefined;
  using progress = new Progress(session, arrows, hubTime);
  const tell = (changes: Change[]) => {
    for (const change of changes) {
      if (session.screen.json)
        session.screen.jsonLine({ kind: 'task', before: change.before ?? null, task: change.task });
      else session.screen.line(arrowLine(change));
      progress.changed(change.task);
    }
  };
  const readAll = async () => {
    for (const one of watched.values()) if (!one.over) tell(await read(session, arrows, one));
    return [...watched.values()].every(({ over }) => over);
  };
  try {
    await untilOver(session, [...watched.values()], arrows, tell, readAll, (reason) => progress.note(reason));
  } catch (error) {
    if (!session.signal.aborted) throw error;
    progress.end();
    return interrupted(session, arrows, ids);
  }
  progress.end();
  return conclude(session, arrows, [...watched.values()]);
}

async function untilOver(
  session: Session,
  watched: Watched[],
  arrows: Arrows,
  tell: (changes: Change[]) => void,
  readAll: () => Promise<boolean>,
  note: (reason: string) => void,
): Promise<void> {
  // The hub selects a build's events; several builds, or a task without one, want the whole stream.
  const build = watched.length === 1 ? (watched[0]?.top.build ?? undefined) : undefined;
  const stream = follow(session.client, {
    ...(build === undefined ? {} : { build }),
    signal: session.signal,
    onCut: (reason) => note(`${reason}; connecting again`),
  });
  for await (const followed of stream) {
    if (followed.kind === 'connected') {
      if (await readAll()) return;
      continue;
    }
    const { event } = followed;
    const ours =
      build !== undefined ||
      watched.some(({ top }) => event.build !== null && event.build === top.build) ||
      (event.subject.startsWith('task:') && arrows.task(Number(event.subject.slice(5))) !== undefined);
    if (!ours) continue;
    const { changes, stale } = arrows.hear(event);
    tell(changes);
    if (stale && (await readAll())) return;
  }
}

/** How long a watcher waits for a hub that is away: a restart, an update, a lease's time. Seconds. */
const patienceSeconds = 600;

/** Reads a watched task and all that belongs to it. The build first: what follows from its end is then there to see. */
async function read(session: Session, arrows: Arrows, one: Watched): Promise<Change[]> {
  const { client, signal } = session;
  const lasting = { signal, patienceSeconds };
  const id = one.top.id;
  const tasks = new Map<number, Task>();
  const wanted: number[] = [];
  if (one.top.build !== null) {
    const query = { build: one.top.build };
    const detail = await client.call('getBuild', { params: { build: String(one.top.build) } }, lasting);
    one.build = detail;
    const listed = await allPages((cursor) =>
      client.call('listTasks', {
        query: { ...query, limit: 500, ...(cursor === undefined ? {} : { cursor }) },
      }),
    );
    for (const task of listed) tasks.set(task.id, task);
    wanted.push(...detail.tasks);
  }
  one.top = await client.call('getTask', { params: { id } }, lasting);
  tasks.set(id, one.top);
  wanted.push(...one.top.children);
  for (let next = wanted.shift(); next !== undefined; next = wanted.shift()) {
    if (tasks.has(next)) continue;
    const task = await client.call('getTask', { params: { id: next } }, lasting);
    tasks.set(next, task);
    wanted.push(...task.children);
  }
  // Somebody who watches one task of a build wants that task; whoever watches its first task wants the build.
  const whole = one.top.parent === null;
  const kept = [...tasks.values()].filter((task) => whole || task.id === id || task.parent === id);
  const buildEnded = !whole || one.build === undefined || one.build.state !== 'building';
  one.over = buildEnded && kept.every((task) => isOver(task.state));
  return arrows.read(kept, id);
}

function interrupted(session: Session, arrows: Arrows, ids: number[]): number {
  const running = arrows.tasks.filter((task) => !isOver(task.state)).length;
  session.screen.note('');
  session.screen.note(
    `Tasks still running (${running}). You can continue to watch with: moromi watch-task ${ids.join(' ')}`,
  );
  return exits.interrupted;
}

async function conclude(session: Session, arrows: Arrows, watched: Watched[]): Promise<number> {
  const verdicts = watched.map((one) => verdict(one, arrows.tasks));
  if (session.screen.json) {
    for (const { document } of verdicts) session.screen.jsonLine(document);
  } else {
    session.screen.line();
    session.screen.line(arrows.tally());
    session.screen.line();
    for (const { lines } of verdicts) session.screen.lines(lines);
  }
  return verdicts.every(({ well }) => well) ? exits.ok : exits.failed;
}

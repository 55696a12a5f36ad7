/**
 * "Why is it waiting?": for every task that is free one sentence, what must change, and when it is expected to begin.
 *
 * Invariant: pure, and never blank for a free task. It asks the same functions that choose, so what it says is what is.
 */
import type { Waiting } from '@moromi/contract';
import {
  type Candidate,
  type Held,
  hardRefusal,
  type Line,
  nothingHeld,
  type Refusal,
  softRefusal,
  startsIn,
  turnsOfOthers,
} from '@moromi/schedule';
import { offerOf, type WorkerFacts, whyIdle } from '../workers/index.ts';
import type { Blocker, PauseRow } from './waiting-queries.ts';

export interface WaitingTask extends Candidate {
  label: string;
  notBefore: Date | null;
}

export interface WaitingFacts {
  now: Date;
  blockers: readonly Blocker[];
  workers: readonly WorkerFacts[];
  held: ReadonlyMap<string, Held>;
  /** For each worker the seconds until each of its tasks is expected to end. */
  busy: ReadonlyMap<string, readonly number[]>;
  pause: PauseRow | undefined;
  /** The quota that its owner or its tag has reached. */
  quota: { subject: 'owner' | 'tag'; name: string; tasks: number } | undefined;
  /** How many of its owner's come before it. */
  place: number;
  share: number;
  /** Work of lower bands' numbers for the same workers: pieces and seconds of each. */
  urgent: readonly { tasks: number; seconds: number }[];
  /** Others in the same band. */
  others: readonly Line[];
}

/** What each worker says to it: null is "yes". */
export interface Answer {
  worker: string;
  refusal: (Omit<Refusal, 'code'> & { code: string }) | null;
}

export function answers(task: WaitingTask, facts: Pick<WaitingFacts, 'workers' | 'held'>): Answer[] {
  return facts.workers.map((worker) => {
    const offer = offerOf(worker);
    const hard = hardRefusal(task, offer);
    if (hard !== null) return { worker: worker.name, refusal: hard };
    const idle = whyIdle(worker);
    if (idle !== null) return { worker: worker.name, refusal: { hard: false, code: 'idle', reason: idle } };
    const held = facts.held.get(worker.name) ?? nothingHeld;
    const full = held.tasks >= worker.offer.slots;
    const soft = full
      ? { hard: false, code: 'no_room', reason: `works on ${held.tasks} tasks, as many as it takes` }
      : softRefusal(task, offer, held);
    return { worker: worker.name, refusal: soft };
  });
}

export function whyWaiting(task: WaitingTask, facts: WaitingFacts): Waiting {
  const what = task.arch === null ? `${task.kind} tasks` : `${task.kind} tasks for ${task.arch}`;
  return (
    blocked(facts) ??
    heldBack(task, facts) ??
    paused(facts) ??
    limited(facts) ??
    withoutWorker(task, facts, what) ??
    inLine(task, facts, what)
  );
}

function say(code: string, reason: string, change: string, estimate: Date | null = null): Waiting {
  return { code, reason, change, estimate: estimate?.toISOString() ?? null };
}

function blocked({ blockers, now }: WaitingFacts): Waiting | undefined {
  if (blockers.length === 0) return undefined;
  const named = blockers
    .slice(0, 3)
    .map((one) => `task ${one.id} (${one.kind} of ${one.label}, ${one.state})`);
  const rest = blockers.length > 3 ? ` and ${blockers.length - 3} more` : '';
  const left = blockers.map((one) => one.left);
  const estimate = left.every((one) => one !== null) ? soon(now, Math.max(...left.map(Number))) : null;
  return say(
    'blocked',
    `It waits for ${named.join(', ')}${rest} to end.`,
    'It is let go when those have ended; nothing is to be done.',
    estimate,
  );
}

function heldBack({ notBefore }: WaitingTask, { now }: WaitingFacts): Waiting | undefined {
  if (notBefore === null || notBefore <= now) return undefined;
  return say(
    'held',
    `Its last attempt gave no result; it is held until ${notBefore.toISOString()}, for its worker to come back or the trouble to pass.`,
    `Nothing is to be done; \`moromi free-task\` lets another worker have it at once.`,
    notBefore,
  );
}

function paused({ pause }: WaitingFacts): Waiting | undefined {
  if (pause === undefined) return undefined;
  const what = pause.tag === '' ? 'The system' : `The tag ${pause.tag}`;
  const reason = pause.reason === '' ? '' : `: ${pause.reason}`;
  return say(
    'paused',
    `${what} is paused by ${pause.actor} since ${pause.at.toISOString()}${reason}.`,
    `An administrator must say \`moromi unpause${pause.tag === '' ? '' : ` ${pause.tag}`}\`.`,
  );
}

function limited({ quota }: WaitingFacts): Waiting | undefined {
  if (quota === undefined) return undefined;
  const whose = quota.subject === 'owner' ? quota.name : `The tag ${quota.name}`;
  return say(
    'quota',
    `${whose} has as many tasks running at once as its quota allows: ${quota.tasks}.`,
    'One of those must end, or an administrator raise the quota with `moromi set-quota`.',
  );
}

/** Nobody could have it even with nothing else to do. */
function withoutWorker(task: WaitingTask, facts: WaitingFacts, what: string): Waiting | undefined {
  const said = answers(task, facts);
  const able = said.filter((one) => one.refusal?.hard !== true);
  const takers = said.filter((one) => !['kind', 'arch'].includes(one.refusal?.code ?? ''));
  if (takers.length === 0)
    return say(
      'no_worker',
      `No worker takes ${what}.`,
      'Start or enrol one that does; see `moromi list-workers`.',
    );
  if (able.length === 0)
    return say(
      'no_fit',
      `No worker can take it: ${each(takers)}.`,
      'Change the task’s needs or channel, or one of these workers.',
    );
  const awake = able.filter((one) => one.refusal?.code !== 'idle');
  if (awake.length > 0) return undefined;
  return say(
    'none_online',
    `Every worker that could take it is away or held back: ${each(able)}.`,
    'One of them must come back, or be let in with `moromi enable-worker`.',
  );
}

function inLine(task: WaitingTask, facts: WaitingFacts, what: string): Waiting {
  const able = answers(task, facts).filter(
    (one) => one.refusal?.hard !== true && one.refusal?.code !== 'idle',
  );
  if (
    able.some((one) => one.refusal === null) &&
    facts.urgent.length === 0 &&
    facts.place === 0 &&
    facts.others.length === 0
  )
    return say(
      'starting',
      'A worker has room; it is about to be leased.',
      'Nothing is to be done.',
      facts.now,
    );
  const estimate = startEstimate(
    task,
    facts,
    able.map((one) => one.worker),
  );
  const refused = able.filter(
    (one) => one.refusal?.code === 'refused_before' || one.refusal?.code.endsWith('_now'),
  );
  if (refused.length === able.length)
    return say(
      'no_room',
      `No worker has room for it now: ${each(refused)}.`,
      'A worker must finish what it has.',
      estimate,
    );
  const before = facts.place + facts.urgent.reduce((sum, one) => sum + one.tasks, 0);
  const turns = facts.others.length === 0 ? '' : `, and ${facts.others.length} others have their turns`;
  return say(
    'busy',
    `${able.length === 1 ? 'The one worker that takes' : `The ${able.length} workers that take`} ${what} ${able.length === 1 ? 'is' : 'are'} busy; ${before} ${before === 1 ? 'task comes' : 'tasks come'} before it${turns}.`,
    'It gets the first slot that is free when its turn comes; `moromi set-priority` changes that.',
    estimate,
  );
}

function startEstimate(task: WaitingTask, facts: WaitingFacts, able: readonly string[]): Date | null {
  const slots = facts.workers
    .filter((worker) => able.includes(worker.name))
    .flatMap((worker) => {
      const busy = facts.busy.get(worker.name) ?? [];
      return [...busy, ...new Array<number>(Math.max(0, worker.offer.slots - busy.length)).fill(0)];
    });
  const urgent = facts.urgent.flatMap(({ tasks, seconds }) =>
    new Array<number>(Math.min(tasks, 6000)).fill(seconds),
  );
  const own = new Array<number>(Math.min(facts.place, 6000)).fill(task.seconds);
  const turns = turnsOfOthers(
    { place: facts.place, share: facts.share, seconds: task.seconds },
    facts.others,
  );
  const seconds = startsIn(slots, [...urgent, ...own, ...turns]);
  return seconds === null ? null : soon(facts.now, seconds);
}

function each(said: readonly Answer[]): string {
  const named = said.slice(0, 4).map((one) => `${one.worker} ${one.refusal?.reason ?? ''}`);
  return `${named.join('; ')}${said.length > 4 ? `; and ${said.length - 4} more` : ''}`;
}

function soon(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

/**
 * Waiting until workers have looked at themselves again.
 *
 * Invariant: each is told of as soon as it has answered, by what is different from what it was when it was asked. Who is
 * away is not waited for, and state is read at every (re)connection, so no answer is missed.
 */
import type { WorkerInfo } from '@moromi/contract';
import { span } from './figures.ts';
import { follow } from './follow.ts';
import { LiveRegion } from './live.ts';
import { type Change, changesOf } from './offer-change.ts';
import type { Session } from './session.ts';

/** `asked`: and not waited for. */
export type Outcome = 'answered' | 'silent' | 'away' | 'asked';

export interface Refreshed {
  worker: WorkerInfo;
  outcome: Outcome;
  changes: Change[];
}

/**
 * @param asked as they were when they were asked
 * @param tell given each as soon as it is known what became of it
 */
export async function untilAnswered(
  session: Session,
  asked: readonly WorkerInfo[],
  seconds: number,
  tell: (one: Refreshed) => void,
): Promise<Refreshed[]> {
  const { client, signal, screen } = session;
  const known = new Map<string, Refreshed>();
  const waiting = () => asked.filter(({ name }) => !known.has(name));
  const settle = (one: Refreshed) => {
    known.set(one.worker.name, one);
    tell(one);
  };
  const read = async (before: WorkerInfo, within: AbortSignal) => {
    const worker = await client.call('getWorker', { params: { name: before.name } }, { signal: within });
    if (hasAnswered(worker, before))
      settle({ worker, outcome: 'answered', changes: changesOf(before.offer, worker.offer) });
    return worker;
  };
  for (const worker of asked) if (worker.state === 'away') settle({ worker, outcome: 'away', changes: [] });
  const late = AbortSignal.timeout(seconds * 1000);
  const either = AbortSignal.any([signal, late]);
  const started = performance.now();
  using _ = screen.lively ? new LiveRegion(screen, () => progress(waiting(), started)) : undefined;
  try {
    if (waiting().length > 0) await hear(session, either, waiting, (one) => read(one, either));
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error;
  }
  for (const before of waiting()) {
    const worker = await read(before, signal);
    if (!known.has(before.name))
      settle({ worker, outcome: worker.state === 'away' ? 'away' : 'silent', changes: [] });
  }
  return asked.flatMap(({ name }) => known.get(name) ?? []);
}

async function hear(
  { client, screen }: Session,
  signal: AbortSignal,
  waiting: () => WorkerInfo[],
  read: (worker: WorkerInfo) => Promise<unknown>,
): Promise<void> {
  const onCut = (reason: string) => screen.note(`moromi: ${reason}; connecting again`);
  for await (const followed of follow(client, { signal, onCut })) {
    const about = followed.kind === 'event' ? followed.event.subject : undefined;
    for (const worker of waiting())
      if (about === undefined || about === `worker:${worker.name}`) await read(worker);
    if (waiting().length === 0) return;
  }
}

/** Others may have asked after us, and its answer to them is one to us too. */
function hasAnswered(worker: WorkerInfo, asked: WorkerInfo): boolean {
  return (worker.refresh?.done ?? 0) >= (asked.refresh?.asked ?? 0);
}

function progress(waiting: WorkerInfo[], started: number): string[] {
  if (waiting.length === 0) return [];
  const names = waiting.map(({ name }) => name).join(', ');
  return [`${span((performance.now() - started) / 1000)}  waiting for ${names}`];
}

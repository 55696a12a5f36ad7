/**
 * Batches as people see them: what is submitted, and what became of each item.
 *
 * Invariant: state is read whole at every event and every (re)connection, so what is shown is what is.
 */
import type { Batch, BatchDetail, BatchItem, NewBatch } from '@moromi/contract';
import { printable } from './escape.ts';
import { inAbout, moment } from './figures.ts';
import { follow } from './follow.ts';
import type { Session } from './session.ts';
import { exits, usage } from './trouble.ts';
import { sendRpm } from './upload.ts';
import { verdictLines } from './verdict-view.ts';

/** Words of a command line that are separated by `:`, as Koji's chain-build has them. */
export function groupsOf(words: readonly string[]): string[][] {
  const groups: string[][] = [[]];
  for (const word of words) {
    if (word === ':') groups.push([]);
    else groups.at(-1)?.push(word);
  }
  if (groups.some((group) => group.length === 0))
    throw usage('between two ":" there must be a source package');
  return groups;
}

/** Sends each source once, whatever groups it stands in, then submits. */
export async function submitBatch(
  session: Session,
  groups: readonly (readonly string[])[],
  wanted: Omit<NewBatch, 'groups'>,
): Promise<Batch> {
  const { client, signal } = session;
  for (const name of wanted.targets) await client.call('getTarget', { params: { name } }, { signal });
  const sent = new Map<string, { sha256: string; name: string }>();
  for (const path of new Set(groups.flat())) {
    const { sha256, name } = await sendRpm(session, path);
    sent.set(path, { sha256, name });
  }
  const sources = groups.map((group) => group.flatMap((path) => sent.get(path) ?? []));
  return await client.call('createBatch', { body: { ...wanted, groups: sources } }, { signal });
}

export async function announceBatch(session: Session, batch: Batch, watched: boolean): Promise<number> {
  const { screen } = session;
  if (screen.json && !watched) screen.document(batch);
  else if (screen.json) screen.jsonLine({ kind: 'batch', batch });
  else {
    screen.line(`Created batch: ${batch.id}`);
    screen.line(`Batch info: ${batch.url}`);
  }
  if (!watched) return exits.ok;
  if (!screen.json) screen.line('Watching it (this may be safely interrupted)...');
  return await watchBatch(session, batch.id);
}

/** Waits until a rebuild has its plan, or has failed to get one. */
export async function awaitPlan({ client, screen, signal }: Session, id: number): Promise<BatchDetail> {
  const onCut = (reason: string) => screen.note(`${reason}; connecting again`);
  for await (const followed of follow(client, { signal, onCut })) {
    if (followed.kind === 'event' && followed.event.subject !== `batch:${id}`) continue;
    const batch = await client.call('getBatch', { params: { id } }, { signal, patienceSeconds: 600 });
    if (batch.state !== 'planning') return batch;
  }
  throw new Error('the events ended');
}

/** @returns the exit code: 1 where the batch did not succeed */
export async function watchBatch(session: Session, id: number): Promise<number> {
  const { client, screen, signal } = session;
  const known = new Map<number, string>();
  try {
    for await (const followed of follow(client, {
      signal,
      onCut: (reason) => screen.note(`${reason}; connecting again`),
    })) {
      if (followed.kind === 'event' && !concerns(followed.event.subject, id, known)) continue;
      const batch = await client.call('getBatch', { params: { id } }, { signal, patienceSeconds: 600 });
      for (const item of batch.items) {
        const state = `${item.state} ${item.build ?? ''}`;
        if (known.get(item.id) === state) continue;
        if (known.has(item.id) || item.state !== 'waiting') tell(session, batch, item);
        known.set(item.id, state);
      }
      if (['done', 'failed', 'canceled'].includes(batch.state)) return conclude(session, batch);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    screen.note('');
    screen.note(`The batch goes on. You can continue to watch with: moromi watch-batch ${id}`);
    return exits.interrupted;
  }
  return exits.failed;
}

/** The batch itself, or a build of one of its items. */
function concerns(subject: string, id: number, known: ReadonlyMap<number, string>): boolean {
  if (subject === `batch:${id}`) return true;
  const build = /^build:(\d+)$/.exec(subject)?.[1];
  return build !== undefined && [...known.values()].some((state) => state.endsWith(` ${build}`));
}

function tell({ screen }: Session, batch: BatchDetail, item: BatchItem): void {
  if (screen.json) {
    screen.jsonLine({ kind: 'item', batch: batch.id, item });
    return;
  }
  const build = item.build === null ? '' : `, build ${item.build}`;
  const stage = item.stage === 'usual' ? '' : `, ${item.stage}`;
  const why = item.failure === null ? '' : `: ${item.failure.message}`;
  screen.line(printable(`${item.label} (${item.target}${stage}${build}): ${item.state}${why}`));
}

function conclude({ screen }: Session, batch: BatchDetail): number {
  if (screen.json) screen.jsonLine({ kind: 'batch', batch });
  else {
    screen.line();
    screen.line(`batch ${batch.id}: ${batch.state} (${countWords(batch.counts)})`);
    if (batch.failure !== null) screen.line(printable(batch.failure.message));
    if (batch.failure !== null && batch.verdict !== null)
      screen.line(`have that found out again: moromi start-batch ${batch.id}`);
    if (batch.verdict !== null) {
      screen.lines(verdictLines(batch.verdict));
      if (batch.verdict.good) screen.line(`merge all of it: moromi merge-batch ${batch.id}`);
    }
    const failed = batch.items.find(
      (item) => item.state === 'failed' && item.stage !== 'baseline' && item.build !== null,
    );
    if (failed !== undefined)
      screen.line(
        `go on with what failed: moromi resubmit --failed ${failed.build}, then moromi watch-batch ${batch.id}`,
      );
  }
  return batch.state === 'done' ? exits.ok : exits.failed;
}

const order = ['done', 'building', 'ready', 'waiting', 'held', 'failed', 'canceled', 'skipped'];

/** `3 done, 1 failed, 2 held` */
export function countWords(counts: Readonly<Record<string, number>>): string {
  return order.flatMap((state) => ((counts[state] ?? 0) > 0 ? [`${counts[state]} ${state}`] : [])).join(', ');
}

/** When it is expected to be over, in the zone of the screen and from the hub's own now. */
export function endWords(batch: Batch, now: number, zone: { utc: boolean }): string {
  if (batch.endedAt !== null) return moment(batch.endedAt, zone);
  if (batch.estimate === null) return 'nobody can say when';
  return `${moment(batch.estimate, zone)}, ${inAbout((Date.parse(batch.estimate) - now) / 1000)}`;
}

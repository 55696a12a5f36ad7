import { expect, test } from 'vitest';
import { Arrows, arrowLine } from './arrows.ts';
import { anEvent, aTask } from './testing/fake-hub.ts';

const srpm = { kind: 'srpm' as const };
const child = { parent: 34, arch: 'x86_64' };

/** Tasks are states that were read, events are news. */
function lines(...steps: (ReturnType<typeof aTask> | ReturnType<typeof anEvent>)[]): string[] {
  const arrows = new Arrows();
  return steps
    .flatMap((step) => ('seq' in step ? arrows.hear(step).changes : arrows.read([step], 34)))
    .map(arrowLine);
}

const leased = (seq: number, task: number, attempt = 1, worker = 'builder1') =>
  anEvent(seq, 'task.leased', `task:${task}`, { from: 'free', to: 'leased', attempt, worker });
const ended = (seq: number, task: number, to: string, more = {}) =>
  anEvent(seq, `task.${to}`, `task:${task}`, { from: 'leased', to, attempt: 1, worker: 'builder1', ...more });

test("a build's events give one line for each change, children indented", () => {
  expect(
    lines(
      aTask(34, 'free', srpm),
      leased(1, 34),
      ended(2, 34, 'done'),
      aTask(35, 'free', child),
      leased(3, 35, 1, 'builder2'),
      ended(4, 35, 'failed', {
        failure: { code: 'build_failed', message: '%build failed\nmore', fault: 'package' },
      }),
    ),
  ).toEqual([
    '34 srpm (hello-2.10-1.src.rpm): free',
    '34 srpm (hello-2.10-1.src.rpm): free -> leased (builder1)',
    '34 srpm (hello-2.10-1.src.rpm): leased -> done',
    '  35 build (hello-2.10-1.src.rpm, x86_64): free',
    '  35 build (hello-2.10-1.src.rpm, x86_64): free -> leased (builder2)',
    '  35 build (hello-2.10-1.src.rpm, x86_64): leased -> failed: %build failed (build_failed)',
  ]);
});

test('what was missed during a cut is told in one arrow when the state is read again', () => {
  expect(lines(aTask(34, 'free', srpm), aTask(34, 'done', srpm), aTask(34, 'done', srpm))).toEqual([
    '34 srpm (hello-2.10-1.src.rpm): free',
    '34 srpm (hello-2.10-1.src.rpm): free -> done',
  ]);
});

test('events from before the state was read tell nothing', () => {
  expect(
    lines(
      aTask(34, 'leased', { ...srpm, attempt: 2 }),
      anEvent(1, 'task.created', 'task:34'),
      leased(2, 34, 1),
      anEvent(3, 'task.lost', 'task:34', { from: 'leased', to: 'free', attempt: 1, worker: 'builder1' }),
      leased(4, 34, 2),
    ),
  ).toEqual(['34 srpm (hello-2.10-1.src.rpm): free -> leased (builder1)']);
  expect(lines(aTask(34, 'free', { ...srpm, attempt: 1 }), leased(1, 34, 1))).toEqual([
    '34 srpm (hello-2.10-1.src.rpm): free',
  ]);
});

test('a lost, freed or retried task says why it is free again', () => {
  expect(
    lines(
      aTask(34, 'leased', srpm),
      anEvent(1, 'task.lost', 'task:34', { from: 'leased', to: 'free', attempt: 1 }),
      leased(2, 34, 2, 'builder2'),
      anEvent(3, 'task.freed', 'task:34', {
        from: 'leased',
        to: 'free',
        attempt: 2,
        reason: 'the worker leaves',
      }),
      leased(4, 34, 3, 'builder3'),
      anEvent(5, 'task.retried', 'task:34', {
        from: 'leased',
        to: 'free',
        attempt: 3,
        failure: { code: 'disk_full', message: 'no room', fault: 'infrastructure' },
      }),
    ).map((line) => line.replace(/^.*: /, '')),
  ).toEqual([
    'free -> leased (builder1)',
    'leased -> free (its worker was lost)',
    'free -> leased (builder2)',
    'leased -> free (the worker leaves)',
    'free -> leased (builder3)',
    'leased -> free (no room)',
  ]);
});

test('an attempt that its own worker takes back is leased again', () => {
  const steps = lines(
    aTask(34, 'free', { ...srpm, attempt: 1 }),
    anEvent(1, 'task.reclaimed', 'task:34', { attempt: 1, worker: 'builder1' }),
  );
  expect(steps.at(-1)).toContain('free -> leased (builder1)');
});

test('a task that nobody knows yet, a build that changes and an end ask for the state to be read', () => {
  const arrows = new Arrows();
  arrows.read([aTask(34, 'leased', srpm)], 34);
  expect(arrows.hear(anEvent(1, 'task.created', 'task:35')).stale).toBe(true);
  expect(arrows.hear(anEvent(2, 'build.complete', 'build:7')).stale).toBe(true);
  expect(arrows.hear(anEvent(3, 'tag.build-added', 'tag:f1')).stale).toBe(false);
  expect(arrows.hear(ended(4, 34, 'done'))).toMatchObject({ stale: true, changes: [{ before: 'leased' }] });
  expect(arrows.hear(ended(5, 34, 'done')).stale).toBe(false);
});

test('the tally counts ends, and what is left only where something is', () => {
  const arrows = new Arrows();
  arrows.read([aTask(1, 'done'), aTask(2, 'done'), aTask(3, 'failed'), aTask(4, 'canceled')]);
  expect(arrows.tally()).toBe('2 done  1 failed  1 canceled');
});

test('names of workers and packages cannot move the cursor', () => {
  expect(lines(aTask(34, 'leased', { label: 'x\x1b[2J', worker: 'w\x1b]0;t\x07' }))).toEqual([
    '34 build (x): free -> leased (w)',
  ]);
});

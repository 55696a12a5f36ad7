import { expect, test } from 'vitest';
import { Heart } from './heart.ts';
import { Lookout } from './lookout.ts';
import { buildLease } from './testing/lease.ts';
import { type Scene, scene, until } from './testing/scene.ts';

const srpm = { sha256: 'a'.repeat(64), size: 1 };

/** A lookout beside a heart that does not beat, so that whatever is heard was heard by it. */
function watching(stage: Scene) {
  const heart = new Heart(
    stage.line,
    stage.journal,
    () => {},
    () => {},
  );
  const over = new AbortController();
  const kept = new Lookout(stage.line, heart, stage.journal).keep(over.signal);
  const hold = (task: number, attempt = 1) => {
    const abort = new AbortController();
    stage.hub.held.set(task, attempt);
    heart.add(buildLease(task, srpm, { attempt }), abort);
    return abort.signal;
  };
  const stop = async () => {
    over.abort();
    await kept;
  };
  const asked = () =>
    stage.hub
      .named('watchTasks')
      .map(({ body }) => (body as { tasks: { task: number }[] }).tasks.map(({ task }) => task));
  return { heart, hold, stop, asked, kept };
}

test('what is taken from the worker is stopped at once, and nothing else', async () => {
  await using stage = await scene();
  const { heart, hold, stop } = watching(stage);
  const one = hold(1);
  const two = hold(2);
  await until(() => stage.hub.watching === 1);
  stage.hub.stops(1, 'task 1 is canceled');
  await until(() => one.aborted);
  expect((one.reason as Error).message).toBe('task 1 is canceled');
  expect(two.aborted).toBe(false);
  expect(heart.held).toEqual([{ task: 2, attempt: 1 }]);
  // And it is asked on for the other.
  await until(() => stage.hub.watching === 1);
  stage.hub.stops(2);
  await until(() => two.aborted);
  await stop();
});

test('without attempts nothing is asked; with others than before it is asked anew', async () => {
  await using stage = await scene();
  const { heart, hold, stop, asked } = watching(stage);
  expect(asked()).toEqual([]);
  hold(1);
  await until(() => asked().length === 1);
  hold(2);
  await until(() => asked().length === 2);
  heart.remove({ task: 1, attempt: 1 });
  await until(() => asked().length === 3);
  expect(asked()).toEqual([[1], [1, 2], [2]]);
  // The questions before were withdrawn.
  await until(() => stage.hub.watching === 1);
  heart.remove({ task: 2, attempt: 1 });
  await until(() => stage.hub.watching === 0);
  expect(asked()).toHaveLength(3);
  await stop();
});

test('no answer and answers that make no sense stop nothing, and it is asked again', async () => {
  await using stage = await scene();
  const { hold, stop, asked } = watching(stage);
  const troubles = ['unauthenticated', 'internal', 'unknown_worker'] as const;
  stage.hub.answer = (name) => (name === 'watchTasks' ? troubles[asked().length - 1] : undefined);
  const signal = hold(1);
  await until(() => asked().length === 2);
  stage.hub.away = true;
  stage.hub.cut();
  await until(() => stage.said.some((line) => line.includes('does not answer')));
  stage.hub.away = false;
  await until(() => stage.hub.watching === 1);
  expect(signal.aborted).toBe(false);
  stage.hub.stops(1);
  await until(() => signal.aborted);
  const at = stage.hub.named('watchTasks').map((call) => call.at);
  for (const [index, time] of at.slice(1).entries()) expect(time - (at[index] ?? 0)).toBeGreaterThan(900);
  await stop();
});

test('a hub that does not know the question is asked once', async () => {
  await using stage = await scene();
  const { hold, kept, asked } = watching(stage);
  stage.hub.answer = (name) => (name === 'watchTasks' ? 'not_found' : undefined);
  const signal = hold(1);
  await kept;
  hold(2);
  expect(asked()).toEqual([[1]]);
  expect(signal.aborted).toBe(false);
});

test('a change of its standing is said once, and stops nothing', async () => {
  await using stage = await scene();
  const { hold, stop, asked } = watching(stage);
  const signal = hold(1);
  await until(() => stage.hub.watching === 1);
  stage.hub.stops(undefined, '', 'draining');
  await until(() => asked().length === 2);
  hold(2);
  await until(() => asked().length === 3);
  expect(stage.hub.named('watchTasks').map(({ body }) => (body as { standing: string }).standing)).toEqual([
    'enabled',
    'draining',
    'draining',
  ]);
  expect(stage.said.filter((line) => line.includes('is draining'))).toHaveLength(1);
  await until(() => stage.hub.watching === 1);
  stage.hub.stops(undefined, '', 'enabled');
  await until(() => stage.said.some((line) => line.includes('takes tasks again')));
  expect(signal.aborted).toBe(false);
  await stop();
});

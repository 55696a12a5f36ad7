import { expect, test } from 'vitest';
import { scene } from './testing/scene.ts';

const never = new AbortController().signal;
const beat = { body: { tasks: [] } };

test('an outage, a cut reply and a defect of the moment are waited out, and told once', async () => {
  await using stage = await scene();
  const fates = ['before', 'after', 'unavailable', 'unavailable', 'before'] as const;
  let turn = 0;
  stage.hub.fate = () => fates[turn++] ?? 'well';
  await stage.line.call('heartbeat', beat, { signal: never });
  expect(turn).toBe(6);
  expect(stage.said.filter((line) => line.includes('going on without it'))).toHaveLength(1);
  expect(stage.said.filter((line) => line.includes('answers again'))).toHaveLength(1);
});

test('an internal error and a full store are waited out, an answer that means no is not', async () => {
  await using stage = await scene();
  const answers = ['internal', 'storage_full', 'bad_request'] as const;
  let turn = 0;
  stage.hub.answer = () => answers[turn++];
  await expect(stage.line.call('heartbeat', beat, { signal: never })).rejects.toMatchObject({
    code: 'bad_request',
  });
  expect(turn).toBe(3);
});

test('while no hub answers, the signal ends a call with its own reason', async () => {
  await using stage = await scene();
  stage.hub.away = true;
  const stop = new AbortController();
  const reason = new Error('lost');
  setTimeout(() => stop.abort(reason), 100);
  await expect(stage.line.call('heartbeat', beat, { signal: stop.signal })).rejects.toBe(reason);
});

test('once means once', async () => {
  await using stage = await scene();
  stage.hub.away = true;
  await expect(stage.line.once('heartbeat', beat)).rejects.toMatchObject({ code: 'ledger_unavailable' });
});

/** Verbs that look at what a tag holds before they act, and the one that waits for it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHub } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;
beforeEach(async () => {
  hub = await FakeHub.start();
  hub.on('POST', /./, () => ({ change: 7, altered: ['f1'] }));
});
afterEach(() => hub[Symbol.asyncDispose]());

const say = (...args: string[]): Promise<Played> => play(hub.address, ['--utc', ...args]);
const tagged = (nvr: string, change: number, place: number) => ({ nvr, change, place });

test('all builds of a package are moved with the latest last, also those that one change has tagged', async () => {
  const items = [tagged('foo-1.10-1', 4, 1), tagged('foo-1.9-1', 4, 0), tagged('foo-1.2-1', 3, 5)];
  hub.on('GET', /builds/, () => ({ change: 6, items }));
  await say('move-build', '--all', 'cand', 'stable', 'foo');
  expect(hub.sent).toEqual([
    { to: 'stable', builds: ['foo-1.2-1', 'foo-1.9-1', 'foo-1.10-1'], force: false },
  ]);
});

test('what came in after the look is not untagged as no longer the latest', async () => {
  hub.on('GET', /builds/, () => ({ change: 6, items: [tagged('foo-2-1', 5, 0), tagged('foo-1-1', 3, 0)] }));
  hub.on('GET', /builds.*latest=true/, () => ({ change: 6, items: [tagged('foo-2-1', 5, 0)] }));
  await say('untag-build', '--non-latest', 'f1', 'foo');
  expect(hub.asked.filter((one) => one.includes('latest=true'))).toEqual([
    expect.stringContaining('change=6'),
  ]);
  expect(hub.sent).toEqual([{ builds: ['foo-1-1'], force: false }]);
});

test('a build that is not the latest is waited for in vain, which is said at once', async () => {
  const said = { revision: null, missing: [], task: null };
  hub.on('GET', /wait/, () => ({ ...said, superseded: [{ build: 'foo-1-1', by: 'foo-2-1' }] }));
  const { exit, err } = await say('wait-repo', 'f1', '--build', 'foo-1-1');
  expect([exit, err]).toEqual([1, expect.stringContaining('its repository shows foo-2-1 instead')]);
  hub.on('GET', /wait/, () => ({ ...said, missing: ['foo-1-1'], superseded: [] }));
  expect((await say('wait-repo', 'f1', '--build', 'foo-1-1')).exit).toBe(1);
});

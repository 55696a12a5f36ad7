import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHub } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;
beforeEach(async () => {
  hub = await FakeHub.start();
  const keys = [{ key: 'release', form: 'header', arches: null, rpm: null }];
  const said = () => ({ tag: 'el9', from: 'el9', keys, change: 7 });
  hub.on('GET', /keys$/, said).on('POST', /keys$/, said);
});
afterEach(() => hub[Symbol.asyncDispose]());

const say = (...args: string[]): Promise<Played> => play(hub.address, ['set-tag-key', 'el9', ...args]);

test('what is said of a key without naming it is refused, and nothing is sent', async () => {
  for (const wrong of [
    ['--rpm', '4.16'],
    ['--form', 'header'],
    ['--arch', 'src'],
  ]) {
    const { err, exit } = await say(...wrong);
    expect([exit, err]).toEqual([2, expect.stringContaining('want the key that they are about')]);
  }
  expect(hub.asked).toEqual([]);
});

test('a key is sent with what is said of it, and without a key those that are wanted are shown', async () => {
  await say('release', '--rpm', '4.16', '--arch', 'x86_64,src');
  await say('--none');
  expect(hub.sent).toEqual([{ key: 'release', arches: ['x86_64', 'src'], rpm: '4.16' }, { key: null }]);
  expect((await say()).out).toMatch(/release +header +\(all\)/);
});

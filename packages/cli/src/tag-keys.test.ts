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

test('what is not signed yet is not written, and that ends it with 1', async () => {
  const failure = { code: 'key_unknown', message: 'not \u001b[31mours', fault: 'infrastructure' };
  const item = { name: 'a-1-1.noarch.rpm', key: 'release', state: 'refused', signer: null, task: 3 };
  const items = [{ ...item, signed: null, failure }];
  hub.on('POST', /^\/signings/, () => ({ asked: 0, signed: 0, items }));
  const { out, exit } = await play(hub.address, ['write-signed', 'release', '7', '--dir', '/nonexistent']);
  expect(exit).toBe(1);
  expect(out).toMatch(/a-1-1\.noarch\.rpm +release +refused/);
  expect(out).toContain('not ');
  expect(out).not.toContain('\u001b[31m');
});

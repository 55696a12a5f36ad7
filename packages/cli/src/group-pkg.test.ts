import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHub, problem } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;
beforeEach(async () => {
  hub = await FakeHub.start();
  const groups = { build: ['bash', 'make'], srpmBuild: [] };
  hub.on('GET', /^\/tags\/f1\//, () => ({ change: 5, settings: { groups } }));
  hub.on('POST', /^\/tags\/f1\/edit$/, (_, __, body) => ({
    ...JSON.parse(body.toString()),
    change: 7,
  }));
});
afterEach(() => hub[Symbol.asyncDispose]());

const say = (...args: string[]): Promise<Played> => play(hub.address, args);

test('packages are put into a group and taken out of it', async () => {
  expect((await say('add-group-pkg', 'f1', 'build', 'bash', 'gcc')).out).toBe(
    'Group build of f1: bash make gcc (change 7)\n',
  );
  expect((await say('remove-group-pkg', 'f1', 'build', 'bash', 'gcc')).out).toBe(
    'Group build of f1: make (change 7)\n',
  );
});

test('where none of what is to go stands in the group nothing is sent, and that is said', async () => {
  expect(await say('remove-group-pkg', 'f1', 'build', 'libfoo')).toMatchObject({
    ...{ exit: 0, out: 'None of that stands in group build of f1; nothing was changed\n' },
  });
  const { out } = await say('--json', 'remove-group-pkg', 'f1', 'build', 'libfoo');
  expect(JSON.parse(out)).toEqual({ build: ['bash', 'make'], srpmBuild: [] });
  expect(hub.sent).toEqual([]);
});

test('what a tag has from its parents it says itself once it is added', async () => {
  await say('add-group-pkg', 'f1', 'build', 'make');
  expect(hub.sent).toEqual([{ settings: { groups: { build: ['bash', 'make'], srpmBuild: [] } }, seen: 5 }]);
});

test('what somebody else does to the group meanwhile stays', async () => {
  let change = 5;
  const build = ['bash'];
  hub.on('GET', /^\/tags\/f1\//, () => ({ change, settings: { groups: { build, srpmBuild: [] } } }));
  hub.on('POST', /edit$/, (_, reply, body) => {
    const { seen, settings } = JSON.parse(body.toString());
    if (change === 5) {
      change = 6;
      build.push('theirs');
    }
    if (seen < change) return problem(reply, 409, 'tag_changed');
    return { settings, change: 7 };
  });
  expect((await say('add-group-pkg', 'f1', 'build', 'gcc')).out).toBe(
    'Group build of f1: bash theirs gcc (change 7)\n',
  );
});

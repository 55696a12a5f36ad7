import { expect, test } from 'vitest';
import { distDefinition } from './dist-options.ts';
import { Options } from './verb.ts';

test('whether the lists are given with digests and as zchunk is changed only where it is said', () => {
  expect(distDefinition(new Options({}))).toEqual({});
  expect(distDefinition(new Options({ filelistsExt: true, zck: false }))).toEqual({
    filelistsExt: true,
    zchunk: false,
  });
  expect(distDefinition(new Options({ filelistsExt: false }))).toEqual({ filelistsExt: false });
});

import { expect, test } from 'vitest';
import { failureLines } from './verdict.ts';

test('a failure is followed by what to do about it, unless it says that itself', () => {
  const fault = 'package' as const;
  const own = 'build 6 has a-1-1 already: raise the release, or use --scratch';
  expect(failureLines({ code: 'nvr_exists', message: own, fault }, undefined)).toEqual([
    '',
    `${own} (nvr_exists)`,
  ]);
  expect(failureLines({ code: 'nvr_exists', message: 'it is taken', fault }, undefined)).toEqual([
    '',
    'it is taken (nvr_exists)',
    'what to do: Raise the release, or use --scratch.',
  ]);
});

import { expect, test } from 'vitest';
import { rootHash } from './root-hash.ts';

const bash = { nevra: 'bash-5-1.x86_64', sha256: 'b'.repeat(64), repo: 'base' };
const make = { nevra: 'make-1:4-1.x86_64', sha256: 'a'.repeat(64), repo: 'base' };

test('a root is named by its packages and their bytes, in whatever order and from wherever they came', () => {
  const hash = rootHash([bash, make]);
  // printf '%s\n' 'bash-5-1.x86_64 bbb…' 'make-1:4-1.x86_64 aaa…' | sha256sum
  expect(hash).toBe('c8ef3840241a9f05323e2395b08d536132db470642561f51c68540fb241fef5c');
  expect(rootHash([make, { ...bash, repo: 'other' }])).toBe(hash);
  expect(rootHash([{ ...bash, sha256: 'c'.repeat(64) }, make])).not.toBe(hash);
  expect(rootHash([bash])).not.toBe(hash);
});

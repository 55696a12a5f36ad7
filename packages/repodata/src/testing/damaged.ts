/** Documents of which anything may have been changed. */
import fc from 'fast-check';
import { expect } from 'vitest';

const seed = 20261121;

/**
 * Each change of a document is read or refused with a code, and with no other error.
 * @param read gives what it read, or the code
 */
export async function expectReadOrRefused(
  whole: Buffer,
  read: (document: Buffer) => Promise<unknown>,
  runs: number,
): Promise<void> {
  const change = fc.record({
    at: fc.nat(whole.length),
    to: fc.uint8Array({ maxLength: 4 }),
    drop: fc.nat(20),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ at, to, drop }) => {
      const found = await read(Buffer.concat([whole.subarray(0, at), to, whole.subarray(at + drop)]));
      if (typeof found === 'string') expect(found).toMatch(/^(damaged|hostile|too_large)$/);
    }),
    { seed, numRuns: runs },
  );
}

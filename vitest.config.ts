import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/harness/sequence.ts';

// The hub's threads strip types by WebAssembly, and where several do so at once V8 has been seen to end the process
// (SIGTRAP). What was stripped once is taken from here, and a thread starts in half the time.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '.moromi', 'compiled');

const stories = 'packages/**/*.story.test.ts';
/** One process for many files: to load the same modules 70 times took longer than the tests. */
const shared = { globalSetup: ['tests/harness/postgres.ts'], maxWorkers: 3, isolate: false };

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/**/*.test.ts',
            'demo/**/*.test.ts',
            'bench/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, stories],
          ...shared,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          // Whole stories from a submission to its end, what waits for time to pass, makes keys or packages, or tries thousands
          // of inputs: a file of more than some 5 s is too long to run at every save.
          name: 'story',
          include: [stories],
          ...shared,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['tests/**/*.test.ts'],
          globalSetup: ['tests/harness/distro.ts'],
          testTimeout: 400_000,
          hookTimeout: 400_000,
          maxWorkers: 3,
          pool: 'forks',
        },
      },
    ],
  },
});

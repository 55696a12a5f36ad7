import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
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
          globalSetup: ['tests/harness/postgres.ts'],
          // Many wait for time to pass more than for a core; and loading the same modules 70 times took longer than
          // the tests. No test leaves anything behind in them.
          maxWorkers: 3,
          isolate: false,
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
          maxWorkers: 2,
          pool: 'forks',
        },
      },
    ],
  },
});

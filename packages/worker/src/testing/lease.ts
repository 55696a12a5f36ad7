/** Leases as a hub gives them, for tests. */
import type { Lease } from '@moromi/contract';

export function buildLease(
  task: number,
  srpm: { sha256: string; size: number },
  more: Partial<Lease> = {},
): Lease {
  return {
    task,
    attempt: 1,
    kind: 'build',
    arch: 'x86_64',
    label: 'hello-1-1',
    build: 3,
    leaseSeconds: 60,
    heartbeatSeconds: 10,
    source: {
      srpm: { ...srpm, name: 'hello-1-1.src.rpm' },
      root: {
        arch: 'x86_64',
        repos: [{ id: 'base', baseurl: 'http://127.0.0.1/base', priority: 50 }],
        groups: { srpmBuild: ['@srpm-build'], build: ['@build'] },
        macros: { dist: '.el9' },
        with: [],
        without: [],
        network: false,
        timeoutSeconds: 60,
        keepFailed: 0,
      },
    },
    ...more,
  };
}

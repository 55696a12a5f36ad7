import { expect, test } from 'vitest';
import type { BuildFailureCode } from '../driver.ts';
import { judgeMock, type MockEnd } from './outcome.ts';

const quiet: MockEnd = {
  code: 1,
  killedBy: null,
  ended: undefined,
  buildLog: '',
  rootLog: '',
  stateLog: '- Start: chroot init\n- Finish: chroot init\n- Start: build setup for a\n',
  console: '',
  diskFull: false,
  oomKills: 0,
  timeoutSeconds: 60,
};

const download = "Error: Failed to download metadata for repo 'base': Cannot download repomd.xml";
const inInit = '- Start: chroot init\n';

test.each<[string, Partial<MockEnd>, BuildFailureCode]>([
  ['1 with a failed %build', { buildLog: 'error: Bad exit status from x (%build)\n' }, 'build_failed'],
  [
    '10 is a failed build in newer mocks',
    { code: 10, buildLog: 'error: Bad exit status from x (%prep)\n' },
    'prep_failed',
  ],
  ['1 without a result folder', { stateLog: '' }, 'srpm_damaged'],
  [
    '1 with a source package that does not install',
    { rootLog: 'Source RPM is not installable:\n' },
    'srpm_damaged',
  ],
  ['1 without a spec', { rootLog: 'No specfile found in srpm: a' }, 'spec_unreadable'],
  [
    '1 with another architecture',
    { buildLog: 'error: Architecture is not included: i686\n' },
    'arch_excluded',
  ],
  ['1 before there was a root', { stateLog: inInit }, 'root_failed'],
  ['3', { code: 3 }, 'config_failed'],
  ['6', { code: 6 }, 'config_failed'],
  ['11', { code: 11 }, 'build_timeout'],
  ['20', { code: 20 }, 'root_failed'],
  [
    '30 with a name',
    { code: 30, rootLog: "No matching package to install: 'a-devel'" },
    'buildrequires_missing',
  ],
  [
    '30 with nothing provides',
    { code: 30, rootLog: ' - nothing provides b needed by a' },
    'buildrequires_missing',
  ],
  ['30 with a conflict', { code: 30, rootLog: 'package a conflicts with b' }, 'buildrequires_missing'],
  ['30 with a download', { code: 30, rootLog: download }, 'repo_unreachable'],
  ['30 with both', { code: 30, rootLog: `${download}\nnothing provides x` }, 'repo_unreachable'],
  [
    '30 while the root is made',
    { code: 30, rootLog: 'No match for argument: x', stateLog: inInit },
    'config_failed',
  ],
  ['60', { code: 60 }, 'root_failed'],
  ['137', { code: 137 }, 'root_failed'],
  ['137 when the kernel killed for memory', { code: 137, oomKills: 1 }, 'out_of_memory'],
  ['143 by somebody else', { code: 143 }, 'root_failed'],
  ['143 by us', { code: 143, ended: 'canceled' }, 'canceled'],
  ['1 with a full disk', { diskFull: true, buildLog: 'ld: No space left on device\n' }, 'disk_full'],
  ['99', { code: 99 }, 'root_failed'],
  ['a signal', { code: null, killedBy: 'SIGKILL' }, 'root_failed'],
])('%s', (_, end, code) => {
  expect(judgeMock({ ...quiet, ...end }).code).toBe(code);
});

test('a missing package is named', () => {
  const rootLog = "No matching package to install: 'a-devel >= 2'\nNo matching package to install: 'b'";
  expect(judgeMock({ ...quiet, code: 30, rootLog }).message).toBe('no package provides a-devel >= 2, b');
});

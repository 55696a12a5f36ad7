import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { BuildOrder } from '../driver.ts';
import { openLogs } from '../logs.ts';
import { judge, type Outcome } from './judge.ts';

const dir = mkdtempSync(join(tmpdir(), 'moromi-judge-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const order = { arch: 'aarch64' } as BuildOrder;
const notStarted: Outcome = {
  code: 1,
  killedBy: null,
  ended: undefined,
  stdout: '',
  stderr: '',
  collected: () => '',
  oomKills: 0,
  systemOomKills: 0,
  diskFull: false,
};

test('a root whose programs the machine does not run is told apart from one that cannot be entered', () => {
  const logs = openLogs(dir);
  try {
    expect(judge({ order, logs }, notStarted)).toMatchObject({
      code: 'root_failed',
      message: 'the root cannot be entered (status 1)',
    });
    logs.root('bwrap: execvp setpriv: Exec format error');
    expect(judge({ order, logs }, notStarted)).toMatchObject({
      code: 'root_failed',
      message: 'this machine cannot run programs for aarch64',
    });
  } finally {
    logs.close();
  }
});

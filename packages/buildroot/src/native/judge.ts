/**
 * From the end of a run in a root to the failure that it was.
 *
 * Invariant: exactly one code, and causes outside of the package come first.
 */
import { join } from 'node:path';
import { BuildFailure, type BuildOrder } from '../driver.ts';
import type { RunResult } from '../exec.ts';
import type { OrderLogs } from '../logs.ts';
import { tailOf } from '../tail.ts';
import { currentStage, failingStage } from './stage.ts';

export interface Outcome extends RunResult {
  /** Processes that the kernel killed for want of memory in the step's cgroup. */
  oomKills: number;
  /** The same for the whole machine, builds of others included. */
  systemOomKills: number;
  /** The file system of the root was full, or as good as, at some time of the step. */
  diskFull: boolean;
}

const noSpace = /No space left on device/;
/** gcc's driver says the second when the kernel killed a compiler below it. */
const killed = /^(.*: )?(Killed|.*Killed signal terminated program .*)$/m;

export function judge(step: { order: BuildOrder; logs: OrderLogs }, outcome: Outcome): BuildFailure {
  const { order } = step;
  const build = tailOf(join(step.logs.dir, 'build.log'), 256 << 10);
  const root = tailOf(join(step.logs.dir, 'root.log'), 2000);
  const end = build.slice(-2000);
  if (outcome.ended === 'canceled') return new BuildFailure('canceled', 'the build was canceled');
  if (outcome.diskFull && (noSpace.test(build) || noSpace.test(root))) {
    return new BuildFailure('disk_full', 'the disk that holds the roots is full', end || root);
  }
  if (outcome.oomKills > 0 || (outcome.systemOomKills > 0 && killed.test(end))) {
    const limit =
      order.memoryMib === undefined ? 'the machine has' : `the limit of ${order.memoryMib} MiB allows`;
    return new BuildFailure('out_of_memory', `the build needs more memory than ${limit}`, end);
  }
  if (outcome.ended === 'timeout') {
    const stage = currentStage(build);
    const where = stage ? ` in ${stage}` : '';
    return new BuildFailure('build_timeout', `not done after ${order.timeoutSeconds} s${where}`, end);
  }
  if (!outcome.collected(3).startsWith('started\n')) {
    const how = outcome.killedBy ?? `status ${outcome.code}`;
    // An emulator that was registered when the worker began and is not any more.
    const why = /Exec format error/.test(root)
      ? `this machine cannot run programs for ${order.arch}`
      : `the root cannot be entered (${how})`;
    return new BuildFailure('root_failed', why, root);
  }
  switch (outcome.code) {
    case 71:
      return new BuildFailure('srpm_damaged', 'the source package cannot be unpacked', root);
    case 72:
      return new BuildFailure(
        'spec_unreadable',
        'the source package does not hold exactly one spec file',
        root,
      );
    case 73: {
      const found = failingStage(build);
      const code = found.code === 'arch_excluded' ? found.code : 'spec_unreadable';
      return new BuildFailure(code, found.message, found.excerpt);
    }
    case 74:
      return new BuildFailure('spec_unreadable', 'rpmbuild wrote no readable source package', end);
    case 76: {
      const found = failingStage(build);
      return new BuildFailure(found.code, found.message, found.excerpt);
    }
    default: {
      const how = outcome.killedBy ?? `status ${outcome.code}`;
      return new BuildFailure('root_failed', `the run in the root ended with ${how}`, end || root);
    }
  }
}

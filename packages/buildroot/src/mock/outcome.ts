/**
 * What the end of a mock run means.
 *
 * Invariant: a pure function of the exit code and the logs; exactly one code, causes outside of the package first.
 * The exit codes are mock's own (mockbuild/exception.py); those that mean several things are told apart by its logs.
 */
import { BuildFailure } from '../driver.ts';
import { failingStage } from '../native/stage.ts';

export interface MockEnd {
  code: number | null;
  killedBy: string | null;
  /** Why we ended it, if we did. */
  ended: 'timeout' | 'canceled' | 'overflow' | undefined;
  /** Ends of the logs; empty where there is none. */
  buildLog: string;
  rootLog: string;
  stateLog: string;
  /** What mock itself printed. */
  console: string;
  diskFull: boolean;
  /** Processes that the kernel killed for want of memory while it ran, on the whole machine. */
  oomKills: number;
  timeoutSeconds: number;
}

const unreachable =
  /Cannot download|Curl error|Failed to download|Status code: [45]\d\d|Could(n't| not) resolve host|All mirrors were tried|Errors during downloading metadata|No more mirrors to try|Failed to synchronize cache/;
const missing =
  /No matching package to install: '?([^'\n]+)'?|nothing provides ([^\n]+?)(?: needed by|\n|$)|No match for argument: ([^\n]+)|Unable to find a match: ([^\n]+)/g;
const noSpace = /No space left on device|needs \S+ more space/;

export function judgeMock(end: MockEnd): BuildFailure {
  const { code, buildLog, rootLog } = end;
  const rootEnd = rootLog.slice(-2000);
  const buildEnd = buildLog.slice(-2000);
  if (end.ended === 'canceled') return new BuildFailure('canceled', 'the build was canceled');
  if (end.diskFull && noSpace.test(buildLog + rootLog + end.console)) {
    return new BuildFailure('disk_full', 'the disk that holds the roots is full', buildEnd || rootEnd);
  }
  if (end.oomKills > 0 && (code === 137 || /\bKilled\b/.test(buildEnd))) {
    return new BuildFailure('out_of_memory', 'the build needs more memory than the machine has', buildEnd);
  }
  if (end.ended === 'timeout' || code === 11) {
    return new BuildFailure('build_timeout', `not done after ${end.timeoutSeconds} s`, buildEnd || rootEnd);
  }
  if (code === 30) return judgePackageManager(end);
  const fixed = fixedCodes[code ?? -1];
  if (fixed) return new BuildFailure(fixed[0], fixed[1], rootEnd || end.console.slice(-2000));
  if (code === 1 || code === 10 || code === 40) return judgePackage(end);
  const how = end.killedBy ?? `status ${code}`;
  return new BuildFailure('root_failed', `mock ended with ${how}`, rootEnd || end.console.slice(-2000));
}

const fixedCodes: Record<number, ['config_failed' | 'root_failed', string]> = {
  2: ['root_failed', 'mock was run without its wrapper: is the user in the group mock?'],
  3: ['config_failed', 'mock does not accept the configuration'],
  4: ['root_failed', 'mock built a part of a chain only'],
  5: ['config_failed', 'mock does not accept its command line'],
  6: ['config_failed', 'this machine cannot build for the architecture'],
  20: ['root_failed', 'mock could not make the root'],
  50: ['config_failed', 'mock could not begin'],
  60: ['root_failed', 'the root is in use by another mock'],
  70: ['root_failed', 'mock could not write to the result folder'],
  80: ['root_failed', 'mock may not make namespaces here'],
  90: ['root_failed', 'mock could not make its bootstrap root'],
  129: ['root_failed', 'mock lost its terminal'],
  137: ['root_failed', 'mock was killed'],
  143: ['root_failed', 'mock was ended by somebody else'],
};

/** 30 is "the package manager failed": a repository that does not answer, or a package that no repository has. */
function judgePackageManager({ rootLog, stateLog }: MockEnd): BuildFailure {
  const excerpt = rootLog.slice(-2000);
  // A failed download often ends in "nothing provides" as well; not the other way round.
  if (unreachable.test(rootLog))
    return new BuildFailure('repo_unreachable', 'a repository does not answer', excerpt);
  const names = [...rootLog.matchAll(missing)].map((match) => match.slice(1).find(Boolean)?.trim() ?? '');
  const list = [...new Set(names)].join(', ');
  if (!/Start: build setup/.test(stateLog)) {
    // mock was still making the root: nobody's BuildRequires were asked for yet.
    return new BuildFailure(
      'config_failed',
      `the root's own package set does not install${list && `: ${list}`}`,
      excerpt,
    );
  }
  const message = list ? `no package provides ${list}` : 'the BuildRequires cannot be installed together';
  return new BuildFailure('buildrequires_missing', message, excerpt);
}

/** 1 is everything that a command in the root did, rpmbuild included. */
function judgePackage({ buildLog, rootLog, stateLog, console }: MockEnd): BuildFailure {
  const said = rootLog + console;
  if (
    /Source RPM is not installable|Cannot find\/open srpm|File is not an srpm/.test(said) ||
    stateLog === ''
  ) {
    return new BuildFailure(
      'srpm_damaged',
      'mock cannot open the source package',
      (console || rootLog).slice(-2000),
    );
  }
  if (/No specfile found in srpm/.test(said)) {
    return new BuildFailure('spec_unreadable', 'the source package holds no spec file', rootLog.slice(-2000));
  }
  if (!/Start: (rpmbuild|build setup|buildsrpm)/.test(stateLog)) {
    return new BuildFailure('root_failed', 'mock could not make the root', rootLog.slice(-2000));
  }
  const found = failingStage(buildLog);
  return new BuildFailure(found.code, found.message, found.excerpt);
}

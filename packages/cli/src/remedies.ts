/**
 * What to do about a task that failed, for each code that a failure can have.
 *
 * Invariant: every failure has an answer; a code that is not known here is answered by whose fault it was.
 */
import { errors, type Failure, isErrorCode } from '@moromi/contract';

const byCode: Record<string, string> = {
  spec_unreadable: 'Correct the spec file; rpmbuild cannot parse it on the target.',
  prep_failed: 'See %prep in the build log; often a patch that no longer applies.',
  buildrequires_missing: 'Build the missing packages into the target first, or correct the BuildRequires.',
  generate_buildrequires_failed: 'See %generate_buildrequires in the build log.',
  build_failed: 'See %build in the build log for the first error.',
  install_failed: 'See %install in the build log.',
  check_failed: 'The tests of the package failed; see %check in the build log, or build --without check.',
  files_failed: 'Make %files name what is installed; the log lists the missing or unpackaged files.',
  build_timeout: 'Find out what hangs in the build log, or raise the timeout of the tag.',
  stuck:
    'See the last lines of the log for what waits, or raise the time for it with `moromi edit-tag --stuck`.',
  noarch_differs:
    'Make the package the same on all architectures: no dates, paths or machine words in its files.',
  no_release: 'Write the Release as a number that can be raised, or rebuild with --dist-suffix.',
  cycle: 'Declare what breaks it with --bootstrap, or build against what is there with --old-for-cycles.',
  identical:
    'Nothing: what is there was built from the same in the same. `moromi resubmit` builds it all the same.',
  arch_excluded: 'Nothing: the package excludes this architecture itself.',
  srpm_damaged: 'Make the source package again and submit that.',
  repo_unreachable: 'See that the builder can reach the repositories of the tag, then resubmit.',
  disk_full: 'Free space on the builder, then resubmit.',
  out_of_memory: 'Give the build more memory or less parallelism, then resubmit.',
  root_failed: 'See root.log of the task: the buildroot could not be installed.',
  config_failed: 'See the log of the worker: its driver is not set up rightly.',
};

const byFault: Record<Failure['fault'], string> = {
  package: 'See the log, correct the package and build it again.',
  infrastructure: 'The package is not to blame: resubmit it; if it repeats, tell an administrator.',
  excluded: 'Nothing: the package does not want to be built there.',
  canceled: 'Resubmit it if it was canceled by mistake.',
};

export function remedy(failure: Failure): string {
  if (Object.hasOwn(byCode, failure.code)) return byCode[failure.code] ?? byFault[failure.fault];
  return isErrorCode(failure.code) ? errors[failure.code].todo : byFault[failure.fault];
}

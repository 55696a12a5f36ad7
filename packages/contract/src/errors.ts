/**
 * Every error that crosses a process boundary: a stable code, a sentence, and what to do.
 *
 * Invariant: a code never changes its meaning and is never used for two things. Anything that is thrown and is not in
 * this catalogue is a defect and reaches the caller as `internal`, with a reference to the hub's log.
 */

import { catalogueErrors, type Entry } from './catalogue-errors.ts';

export const errors = {
  // requests
  bad_request: {
    status: 400,
    title: 'The request is not in the form that this route takes.',
    todo: 'Compare it with the OpenAPI description at /api/v1/openapi.json.',
  },
  bad_name: {
    status: 400,
    title: 'The name has characters that are not allowed.',
    todo: 'Use letters, digits and . _ + - ~ ^, starting with a letter or digit, without "/" or "..".',
  },
  not_found: { status: 404, title: 'There is no such thing here.', todo: 'Check the address.' },
  method_not_allowed: {
    status: 405,
    title: 'This address does not take that method.',
    todo: 'See /api/v1/openapi.json.',
  },
  too_large: {
    status: 413,
    title: 'The body is larger than this route takes.',
    todo: 'Send it in parts through /api/v1/uploads.',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'This idempotency key was used before with a different body.',
    todo: 'Use a new key for a new request.',
  },
  cursor_gone: {
    status: 410,
    title: 'Events this old are no longer kept.',
    todo: 'Read the present state again and follow from the newest event.',
  },
  internal: {
    status: 500,
    title: 'The hub failed in a way it does not know.',
    todo: "Look for the reference in the hub's log and report it.",
  },
  ledger_unavailable: {
    status: 503,
    title: 'The database cannot be reached at the moment.',
    todo: 'Try again; clients do so by themselves.',
  },
  storage_full: {
    status: 507,
    title: 'The hub has no room left for blobs.',
    todo: "Free space on the hub's storage, then send it again.",
  },
  // identity
  unauthenticated: {
    status: 401,
    title: 'This needs a token, and none or an unknown one was given.',
    todo: "Set MOROMI_TOKEN or `token` in the client's configuration.",
  },
  forbidden: {
    status: 403,
    title: 'This token does not allow that.',
    todo: 'Ask an administrator for the permission that the message names.',
  },
  token_expired: { status: 401, title: 'This token has expired or was revoked.', todo: 'Ask for a new one.' },
  ...catalogueErrors,
  // uploads and blobs
  unknown_upload: { status: 404, title: 'There is no such upload.', todo: 'Start a new one.' },
  blob_damaged: {
    status: 503,
    title: 'The file is damaged in the store, so it is not given.',
    todo: 'An administrator sees with `moromi scrub --status` what it is part of; what can be made or fetched again is.',
  },
  scrub_off: {
    status: 409,
    title: "The hub's configuration lets no stored file be read for checking.",
    todo: 'Set `scrub_rate` in `[hub]` to more than 0.',
  },
  unknown_blob: { status: 404, title: 'There is no such file in the store.', todo: 'Upload it first.' },
  part_damaged: {
    status: 422,
    title: 'A part arrived with another hash or size than it was announced with.',
    todo: 'Send the part again.',
  },
  part_conflict: {
    status: 409,
    title: 'This part was sent before with other content.',
    todo: 'Start a new upload.',
  },
  upload_incomplete: {
    status: 409,
    title: 'Parts of this upload are missing.',
    todo: 'Send the missing parts, then complete it again.',
  },
  hash_mismatch: {
    status: 422,
    title: 'The whole file has another SHA-256 or size than announced.',
    todo: 'Read the file again and start a new upload; if it repeats, suspect the disk or memory.',
  },
  // packages
  not_an_rpm: {
    status: 422,
    title: 'The file is not an RPM package.',
    todo: 'Give a .src.rpm file, as `rpmbuild -bs` writes it.',
  },
  not_a_source_rpm: {
    status: 422,
    title: 'The file is an RPM package, but not a source package.',
    todo: 'Give the .src.rpm that it was built from.',
  },
  truncated: {
    status: 422,
    title: 'The package ends before its headers do.',
    todo: 'Copy it again; the file is cut short.',
  },
  header_damaged: { status: 422, title: "The package's header is damaged.", todo: 'Make the package again.' },
  header_too_large: {
    status: 422,
    title: "The package's header is larger than any sound package has.",
    todo: 'Check where the file comes from.',
  },
  unsupported_format: {
    status: 422,
    title: 'The package has a format that this version does not read.',
    todo: 'Build it with rpm 4.x or 6.x.',
  },
  unknown_repo: {
    status: 404,
    title: 'There is no such repository.',
    todo: 'Look at `moromi list-dist-repos`.',
  },
  repo_exists: {
    status: 409,
    title: 'There is a repository of that name already.',
    todo: 'Choose another name, or change the one that is there with `moromi dist-repo`.',
  },
  bad_record: {
    status: 422,
    title: 'The file is not what such a record of a repository is made of.',
    todo: 'Mend the file; the sentence says what is wrong and where.',
  },
  no_zchunk: {
    status: 409,
    title: 'The hub cannot write zchunk files, since its machine has no zck.',
    todo: "Install zchunk on the hub's machine, or leave zchunk out.",
  },
  unknown_script: {
    status: 404,
    title: 'No such script runs for that repository.',
    todo: 'See `moromi list-repo-scripts`; scripts stand in the file that hub.repo_scripts names.',
  },
  unknown_record: {
    status: 404,
    title: 'The repository has no such record.',
    todo: 'See `moromi list-dist-records`.',
  },
  unsigned_packages: {
    status: 409,
    title: 'Packages are not signed, and the repository wants them signed.',
    todo: 'Sign them with `moromi sign-build`, or say what becomes of them: `moromi dist-repo --unsigned`.',
  },
  unknown_revision: {
    status: 404,
    title: 'There is no such revision, or it is given no more.',
    todo: 'Look at `moromi list-revisions`; what must stay is held with `moromi hold-revision`.',
  },
  unknown_hold: {
    status: 404,
    title: 'There is no such hold, or it has ended.',
    todo: 'Look at `moromi list-holds`.',
  },
  nvr_exists: {
    status: 409,
    title: 'A build of this name, version and release is running or complete already.',
    todo: 'Raise the release, or use --scratch.',
  },
  unknown_arch: {
    status: 422,
    title: 'The target does not have that architecture.',
    todo: 'See `moromi list-targets` for those it has.',
  },
  // builds and tasks
  unknown_build: { status: 404, title: 'There is no such build.', todo: 'See `moromi list-builds`.' },
  unknown_task: { status: 404, title: 'There is no such task.', todo: 'See `moromi list-tasks`.' },
  unknown_log: { status: 404, title: 'There is no such log.', todo: "List the task's logs first." },
  build_over: {
    status: 409,
    title: 'The build has ended already.',
    todo: 'Submit or resubmit it for another.',
  },
  build_not_complete: {
    status: 409,
    title: 'Only a build that is complete and not scratch can be in the root of another.',
    todo: 'Wait for it, or name another; see `moromi build-info`.',
  },
  build_running: {
    status: 409,
    title: 'The build is still running.',
    todo: 'Wait for it, or cancel it first.',
  },
  not_owner: {
    status: 403,
    title: 'The task belongs to somebody else.',
    todo: 'Ask its owner or an administrator.',
  },
  task_over: {
    status: 409,
    title: 'The task has ended already.',
    todo: 'Resubmit its build for another.',
  },
  task_running: {
    status: 409,
    title: 'The task is running.',
    todo: 'Take it from its worker first with `moromi free-task`.',
  },
  // batches
  unknown_batch: { status: 404, title: 'There is no such batch.', todo: 'See `moromi list-batches`.' },
  batch_over: {
    status: 409,
    title: 'The batch has ended already.',
    todo: 'Submit what is left as a new one, or resubmit the builds that failed.',
  },
  batch_running: {
    status: 409,
    title: 'The batch is still running.',
    todo: 'Wait for it with `moromi watch-batch`, or cancel it.',
  },
  batch_failed: {
    status: 409,
    title: 'Not all of the batch was built.',
    todo: 'Go on with what failed, or merge what there is with --force.',
  },
  tag_moved: {
    status: 409,
    title: 'The destination has other builds of these packages than when the batch began.',
    todo: 'Submit it again on what is there now, or merge over it with --force.',
  },
  nothing_to_merge: {
    status: 409,
    title: 'The batch has no side tag with builds that are not merged.',
    todo: 'See `moromi batch-info` for what it did.',
  },
  unknown_package: {
    status: 404,
    title: 'The tag has no build of that package.',
    todo: 'See `moromi list-tagged --inherit`.',
  },
  not_inherited: {
    status: 409,
    title: 'The buildroots of that target would never hold what it builds.',
    todo: 'Let the build tag inherit from the destination tag, or use a target whose build tag does.',
  },
  // workers
  worker_unfit: {
    status: 409,
    title: 'That worker can never do this task.',
    todo: 'Choose another; `moromi why` says what each lacks.',
  },
  unknown_worker: {
    status: 404,
    title: 'There is no such worker.',
    todo: 'See `moromi list-workers`; a new one is enrolled by starting it.',
  },
  lease_lost: { status: 409, title: 'This attempt is no longer yours.', todo: 'Stop at once and clean up.' },
  log_gap: {
    status: 422,
    title: 'The log would have a hole.',
    todo: 'Send it again from the offset that the hub names.',
  },
  result_refused: {
    status: 422,
    title: 'The result was not accepted.',
    todo: 'See the message for the file and the reason.',
  },
  log_too_large: {
    status: 413,
    title: 'The log is over its size limit.',
    todo: 'The rest of it is dropped; the build goes on.',
  },
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof errors;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errors, code);
}

/** An RFC 9457 problem document as it goes over the wire. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  todo: string;
  /** What the code is about, for programs: names, expected values. */
  facts?: Record<string, unknown>;
}

/** The one error class that crosses process boundaries. */
export class Problem extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly todo: string;
  readonly facts: Record<string, unknown>;

  constructor(code: ErrorCode, detail?: string, facts: Record<string, unknown> = {}) {
    const entry = errors[code];
    super(detail ?? entry.title);
    this.name = 'Problem';
    this.code = code;
    this.status = entry.status;
    this.todo = entry.todo;
    this.facts = facts;
  }

  toDocument(): ProblemDocument {
    return {
      type: `https://moromi.invalid/errors/${this.code}`,
      title: errors[this.code].title,
      status: this.status,
      detail: this.message,
      code: this.code,
      todo: this.todo,
      ...(Object.keys(this.facts).length > 0 ? { facts: this.facts } : {}),
    };
  }

  static fromDocument(doc: Partial<ProblemDocument>, status: number): Problem {
    const code =
      doc.code !== undefined && isErrorCode(doc.code)
        ? doc.code
        : status === 503
          ? 'ledger_unavailable'
          : 'internal';
    return new Problem(code, doc.detail ?? doc.title ?? `the hub answered ${status}`, doc.facts ?? {});
  }
}

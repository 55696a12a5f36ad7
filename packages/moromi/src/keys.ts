/**
 * Every key of the configuration: its section, type, and what it means.
 *
 * Invariant: a key that stands here can be set in the file (`[section] key = …`) and in the environment
 * (`MOROMI_SECTION_KEY`); one that is no secret can also be a flag of its process (`--key`). Nothing else is read.
 */

export type Section = 'hub' | 'worker' | 'signer' | 'client';

export interface Key {
  kind: 'text' | 'path' | 'url' | 'listen' | 'name' | 'boolean' | 'integer' | 'list' | 'choice';
  /** The values of a `choice`, or those allowed in a `list`. */
  choices?: readonly string[];
  least?: number;
  greatest?: number;
  /** A secret is never a flag, since others see a process's arguments, and is never printed. */
  secret?: true;
  summary: string;
  /** In words, for the help. */
  otherwise?: string;
}

const logLevel: Key = {
  kind: 'choice',
  choices: ['debug', 'info', 'warn', 'error'],
  summary: 'how much is logged',
  otherwise: 'info',
};

export const keys: Record<Section, Record<string, Key>> = {
  hub: {
    home: {
      kind: 'path',
      summary: 'folder of everything the hub keeps',
      otherwise: '/var/lib/moromi for root, ~/.local/share/moromi for others',
    },
    listen: {
      kind: 'listen',
      summary: 'host:port to listen on; port 0 takes a free one',
      otherwise: '127.0.0.1:7171',
    },
    public_url: { kind: 'url', summary: 'how others reach this hub, where not at http://host:port' },
    database_url: {
      kind: 'text',
      secret: true,
      summary: 'an external PostgreSQL 15 or newer',
      otherwise: 'the hub starts a private one',
    },
    database_url_file: { kind: 'path', summary: 'a file that holds database_url' },
    pg_binaries: { kind: 'path', summary: 'folder with postgres and initdb for the private PostgreSQL' },
    own_worker: {
      kind: 'boolean',
      summary: 'start a worker of its own for the light kinds of task',
      otherwise: 'true',
    },
    keep_revisions: {
      kind: 'integer',
      least: 1,
      greatest: 100_000,
      summary: 'newest revisions of a repository that stay, where it says nothing itself',
      otherwise: '10',
    },
    keep_readable: {
      kind: 'integer',
      least: 1,
      greatest: 87_600,
      summary: 'hours for which a superseded revision can be read at least',
      otherwise: '48',
    },
    keep_unused: {
      kind: 'integer',
      least: 1,
      greatest: 87_600,
      summary: 'hours for which a file that nothing names any more stays',
      otherwise: '24',
    },
    run_cache: {
      kind: 'integer',
      least: 0,
      greatest: 2 ** 31 - 1,
      summary: 'MiB of unpacked metadata that composing keeps at hand',
      otherwise: '4096',
    },
    scrub_days: {
      kind: 'integer',
      least: 1,
      greatest: 3650,
      summary: 'days in which every stored file is read and checked once',
      otherwise: '30',
    },
    scrub_rate: {
      kind: 'integer',
      least: 0,
      greatest: 100_000,
      summary: 'MiB a second that are read for that at most; 0 checks nothing',
      otherwise: '32',
    },
    repo_scripts: {
      kind: 'path',
      summary: 'a TOML file of programs that run after a repository shows a revision',
    },
    log_level: logLevel,
  },
  worker: {
    home: {
      kind: 'path',
      summary: 'folder of everything the worker keeps',
      otherwise: '/var/lib/moromi-worker for root, ~/.local/share/moromi-worker for others',
    },
    hub: {
      kind: 'text',
      summary: 'address of the hub; several, comma separated, are tried in turn',
      otherwise: 'the hub on this machine',
    },
    name: { kind: 'name', summary: "the worker's name", otherwise: "the machine's host name" },
    enrol_token: {
      kind: 'text',
      secret: true,
      summary: 'allows enrolment; used once',
      otherwise: 'enrol.token in the home of a hub on this machine',
    },
    enrol_token_file: { kind: 'path', summary: 'a file that holds enrol_token' },
    kinds: {
      kind: 'list',
      choices: ['srpm', 'build', 'plan', 'closure', 'sign'],
      summary: 'kinds of task it takes',
      otherwise: 'srpm,build',
    },
    arches: {
      kind: 'list',
      summary: 'architectures of the roots it builds in',
      otherwise: 'what the machine can run',
    },
    slots: {
      kind: 'integer',
      least: 1,
      greatest: 256,
      summary: 'builds at once',
      otherwise: '4, fewer where cores or memory say so',
    },
    driver: {
      kind: 'choice',
      choices: ['native', 'mock'],
      summary: 'what makes the roots',
      otherwise: 'mock where it is installed, native elsewhere',
    },
    roots: { kind: 'choice', choices: ['overlay', 'copy'], summary: 'forces the way roots are made' },
    isolation: {
      kind: 'choice',
      choices: ['namespaces', 'chroot'],
      summary: 'forces the way roots are isolated',
    },
    min_free_disk: {
      kind: 'integer',
      least: 0,
      greatest: 2 ** 31 - 1,
      summary: 'MiB that must be free below its home before it takes a task',
      otherwise: '1024, or 5 % of a smaller file system',
    },
    min_free_memory: {
      kind: 'integer',
      least: 0,
      greatest: 2 ** 31 - 1,
      summary: 'MiB of memory that must be available before it takes a task',
      otherwise: '256',
    },
    max_clock_offset: {
      kind: 'integer',
      least: 1,
      greatest: 2 ** 31 - 1,
      summary: "seconds by which its clock may be off the hub's while it takes tasks",
      otherwise: '300',
    },
    stop_file: {
      kind: 'path',
      summary: 'while this file is there it takes no new task, as for graceful_stop in its home',
      otherwise: '/tmp/graceful_stop',
    },
    log_level: logLevel,
  },
  signer: {
    home: {
      kind: 'path',
      summary: 'folder of its own keys and of their backups',
      otherwise: "`signer` in the worker's home",
    },
    rules: { kind: 'path', summary: 'what it may sign', otherwise: 'rules.toml in its home' },
    journal: { kind: 'path', summary: 'where it notes what it signs', otherwise: 'journal in its home' },
    gnupg_home: { kind: 'path', summary: 'a GnuPG home with keys beside its own' },
    gnupg_keys: { kind: 'list', summary: 'keys of the GnuPG home to sign with, each NAME:FINGERPRINT' },
    passphrase: { kind: 'text', secret: true, summary: 'opens its keys' },
    passphrase_file: { kind: 'path', summary: 'a file that holds passphrase' },
    max_package: {
      kind: 'integer',
      least: 1,
      greatest: 2 ** 31 - 1,
      summary: 'MiB of the largest package that it signs',
      otherwise: '8192',
    },
  },
  client: {
    hub: {
      kind: 'text',
      summary: 'address of the hub; several, comma separated, are tried in turn',
      otherwise: 'the hub on this machine',
    },
    token: {
      kind: 'text',
      secret: true,
      summary: 'says who you are',
      otherwise: 'admin.token in the home of a hub on this machine',
    },
    token_file: { kind: 'path', summary: 'a file that holds token' },
  },
};

/** The client's short forms. */
export const shortForms: Record<string, [Section, string]> = {
  MOROMI_HUB: ['client', 'hub'],
  MOROMI_TOKEN: ['client', 'token'],
};

export function variableOf(section: Section, key: string): string {
  return `MOROMI_${section.toUpperCase()}_${key.toUpperCase()}`;
}

export function flagOf(key: string): string {
  return key.replaceAll('_', '-');
}

import type { RepoScript } from './repos/index.ts';

/** What is kept, for how long, and how it is looked after. */
export interface Keeping {
  /** Newest revisions of a repository that stay, where it says nothing itself. */
  revisions: number;
  /** Hours for which a superseded revision stays at least. */
  readableHours: number;
  /** Hours for which what nobody names any more stays. */
  graceHours: number;
  /** MiB of unpacked metadata that composing keeps at hand. */
  runCacheMb: number;
  /** Days in which every stored file is read once. */
  scrubDays: number;
  /** MiB that are read for that in a second at most; 0 reads none. */
  scrubMb: number;
}

export const usualKeeping: Keeping = {
  revisions: 10,
  readableHours: 48,
  graceHours: 24,
  runCacheMb: 4096,
  scrubDays: 30,
  scrubMb: 32,
};

/** What a hub must be told; `moromi` reads it from one TOML file and the environment. */
export interface HubConfig {
  /** Everything the hub keeps: `pg/<major>`, `blobs/`, `admin.token`, `enrol.token`, `hub.json` (address, pid). */
  home: string;
  host: string;
  /** 0 takes any free port; the address is written to `hub.json` once it listens. */
  port: number;
  /** How others reach this hub, where it is not `http://host:port`. */
  publicUrl?: string;
  /** An external PostgreSQL 15 or newer; without it a private one is started. */
  databaseUrl?: string;
  /** Folder with `postgres` and `initdb`, for a private PostgreSQL other than the packaged one. */
  pgBinaries?: string;
  /** Start a worker of the hub's own for the light kinds (`plan`, `closure`). */
  ownWorker: boolean;
  /** Whether this hub composes revisions, which it does where nothing is said. */
  press?: boolean;
  /** What is kept, and for how long; what is not said is as `usualKeeping` says. */
  keeping?: Partial<Keeping>;
  /** Programs that run after a repository shows a new revision. */
  repoScripts?: RepoScript[];
  logLevel: 'debug' | 'info' | 'warn' | 'error';
}

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
  logLevel: 'debug' | 'info' | 'warn' | 'error';
}

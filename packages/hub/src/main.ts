/**
 * A hub, put together: the one place that knows all rooms.
 */

import { mkdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { batchRoutes, closureKind, onBuildTurn, Pump, planKind } from './batches/index.ts';
import { BlobReader, blobRoutes, FolderStore, Uploads } from './blobs/index.ts';
import { BuildLife, binaryKind, buildRoutes, sourceKind } from './builds/index.ts';
import { catalogRoutes } from './catalog/index.ts';
import type { HubConfig } from './config.ts';
import { eventRoutes, makeServer, statusRoutes } from './http/index.ts';
import { identityRoutes, keepTokenFile } from './identity/index.ts';
import { dropOldKeys, Ledger, log, Postgres, setLogLevel, writeWhole } from './ledger/index.ts';
import { LogReader, logRoutes, sealLogs } from './logs/index.ts';
import { publishKind, RepoServer, repoRoutes, repositoriesFor, retryStalled } from './repos/index.ts';
import { startSweeps } from './sweeps.ts';
import {
  checkFence,
  Dispatcher,
  Finisher,
  fleetRoutes,
  gatherFleet,
  Kinds,
  sweepLeases,
  taskRoutes,
  tellWaiting,
  Watches,
} from './tasks/index.ts';
import { version } from './version.ts';
import { workerRoutes } from './workers/index.ts';

export interface RunningHub {
  url: string;
  adminToken: string;
  enrolToken: string;
  ledger: Ledger;
  /** Answers no more, then closes everything in the opposite order of its start. */
  stop(): Promise<void>;
}

/** Starts a hub; if that fails, what was started for it is stopped again. */
export async function startHub(config: HubConfig): Promise<RunningHub> {
  const started: (() => Promise<void>)[] = [];
  try {
    return await start(config, started);
  } catch (error) {
    for (const stop of started.reverse()) await stop().catch(() => {});
    throw error;
  }
}

async function start(config: HubConfig, started: (() => Promise<void>)[]): Promise<RunningHub> {
  setLogLevel(config.logLevel);
  await mkdir(config.home, { recursive: true, mode: 0o755 });
  const postgres =
    config.databaseUrl === undefined
      ? new Postgres({
          home: config.home,
          ...(config.pgBinaries === undefined ? {} : { pgBinaries: config.pgBinaries }),
        })
      : undefined;
  const connection =
    postgres === undefined ? { connectionString: config.databaseUrl } : await postgres.start();
  if (postgres !== undefined) started.push(() => postgres.stop());
  const ledger = await Ledger.open({ connection });
  started.push(() => ledger.close());
  const store = await FolderStore.open(join(config.home, 'blobs'));
  let address = '';
  const url = (): string => config.publicUrl ?? address;

  const kinds = new Kinds();
  const finisher = new Finisher(ledger, kinds);
  const dispatcher = new Dispatcher(ledger, kinds, finisher);
  const watches = new Watches(ledger);
  const life = new BuildLife(repositoriesFor(url), finisher);
  life.onTurn(onBuildTurn(life));
  const pump = new Pump(ledger, life);
  kinds.register('srpm', sourceKind(ledger, store, life));
  kinds.register('build', binaryKind(ledger, store, life));
  kinds.register('plan', planKind(life));
  kinds.register('closure', closureKind(life));
  kinds.register('publish', publishKind(ledger, store));
  const blobs = new BlobReader(ledger.read, store);
  const uploads = new Uploads(ledger, store, checkFence);
  const reader = new LogReader(ledger, store);

  const app = await makeServer({
    ledger,
    repos: new RepoServer(ledger, blobs, url),
    handlers: {
      ...statusRoutes(ledger, {
        version,
        name: hostname(),
        ledger: postgres === undefined ? 'external' : 'embedded',
      }),
      ...eventRoutes(ledger),
      ...identityRoutes(ledger),
      ...blobRoutes(blobs, uploads),
      ...catalogRoutes(ledger),
      ...workerRoutes(ledger),
      ...taskRoutes({ ledger, kinds, finisher, dispatcher, url }),
      ...fleetRoutes(ledger, watches, url),
      ...logRoutes(ledger, reader, url),
      ...buildRoutes(ledger, store, life, url),
      ...repoRoutes(ledger, url),
      ...batchRoutes(ledger, store, life, url),
    },
  });
  const adminToken = await keepTokenFile(ledger, config.home, 'admin.token', 'admin', 'person', [
    'admin',
    'build',
  ]);
  const enrolToken = await keepTokenFile(ledger, config.home, 'enrol.token', 'enroller', 'enroller', [
    'enrol',
  ]);
  // Before the first request can come: a worker that finds this hub must not find its own lease lapsed.
  await sweepLeases(ledger, finisher);
  started.push(() => app.close());
  await app.listen({ host: config.host, port: config.port });
  address = addressOf(app.server.address() as AddressInfo);
  const offBatches = ledger.hints.on('batches', () => void pump.look().catch(() => {}));
  let told = 0;
  const sweeps = startSweeps([
    { name: 'leases', everyMs: 1000, look: () => sweepLeases(ledger, finisher) },
    { name: 'batches', everyMs: 1000, look: () => pump.look() },
    { name: 'fleet', everyMs: 5000, look: () => gatherFleet(ledger) },
    {
      name: 'waiting',
      everyMs: 5000,
      look: async () => {
        told = await tellWaiting(ledger, told);
      },
    },
    { name: 'events', everyMs: 1000, look: async () => ledger.number() },
    { name: 'logs', everyMs: 5000, look: async () => void (await sealLogs(ledger, store, reader)) },
    { name: 'repositories', everyMs: 15_000, look: () => retryStalled(ledger) },
    { name: 'uploads', everyMs: 3_600_000, look: () => uploads.prune() },
    { name: 'idempotency', everyMs: 3_600_000, look: () => dropOldKeys(ledger.read) },
  ]);
  await writeWhole(
    join(config.home, 'hub.json'),
    `${JSON.stringify({ url: url(), pid: process.pid, version })}\n`,
    0o644,
  );
  log('info', 'the hub listens', { url: url(), home: config.home });
  return {
    url: url(),
    adminToken,
    enrolToken,
    ledger,
    stop: async () => {
      await rm(join(config.home, 'hub.json'), { force: true });
      dispatcher.close();
      watches.close();
      offBatches();
      await app.close();
      await sweeps.stop();
      await ledger.close();
      await postgres?.stop();
      log('info', 'the hub has stopped');
    },
  };
}

function addressOf(at: AddressInfo): string {
  return `http://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`;
}

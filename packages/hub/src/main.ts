/**
 * A hub, put together: the one place that knows all rooms.
 */

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { batchRoutes, closureKind, onBuildTurn, Pump, planKind } from './batches/index.ts';
import {
  BlobLife,
  BlobReader,
  blobRoutes,
  FolderStore,
  Scrub,
  storageRoutes,
  Uploads,
} from './blobs/index.ts';
import { BuildLife, binaryKind, buildRoutes, sourceKind } from './builds/index.ts';
import { catalogRoutes, sweepSideTags } from './catalog/index.ts';
import { type HubConfig, usualKeeping } from './config.ts';
import {
  dropOldRecords,
  ExternalFiles,
  externalKind,
  externalRoutes,
  forgetDamaged,
  Lookers,
  lookAgain,
} from './externals/index.ts';
import { eventRoutes, makeServer, statusRoutes } from './http/index.ts';
import { identityRoutes, keepTokenFile } from './identity/index.ts';
import { dropOldKeys, Ledger, log, Postgres, setLogLevel, writeWhole } from './ledger/index.ts';
import { LogReader, logRoutes, sealLogs } from './logs/index.ts';
import { GitCatalogue, gitCatalogueRoutes, platformRoutes } from './platforms/index.ts';
import {
  askForSealsAgain,
  distRoutes,
  followTouched,
  holdRoutes,
  Press,
  publishKind,
  RepoServer,
  Retainer,
  remakeDamaged,
  repoRoutes,
  repositoriesFor,
  retryStalled,
  ScriptRunner,
  type Sealer,
  scriptRoutes,
  sealed,
  sweepHolds,
  touchSigned,
} from './repos/index.ts';
import {
  addSignedCopy,
  Examiner,
  keyTrouble,
  lookAt,
  requestFileSignature,
  type SignedCopies,
  SigningPump,
  signingRoutes,
  signKind,
} from './signing/index.ts';
import { startSweeps } from './sweeps.ts';
import {
  checkFence,
  Dispatcher,
  Finisher,
  fleetRoutes,
  gatherFleet,
  InHouseWorker,
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

  const keeping = { ...usualKeeping, ...config.keeping };
  const press = new Press({
    connection,
    blobs: join(config.home, 'blobs'),
    cache: join(config.home, 'cache', 'runs'),
    cacheBytes: keeping.runCacheMb * 2 ** 20,
  });
  started.push(() => press.close());

  const kinds = new Kinds();
  const finisher = new Finisher(ledger, kinds);
  const dispatcher = new Dispatcher(ledger, kinds, finisher);
  const watches = new Watches(ledger);
  const repositories = repositoriesFor(url);
  const request: typeof repositories.request = async (tx, tags, change, build, actor) => {
    await repositories.request(tx, tags, change, build, actor);
    await lookAt(tx, tags, change, actor);
  };
  const life = new BuildLife({ ...repositories, request }, finisher);
  life.onTurn(onBuildTurn(life));
  const pump = new Pump(ledger, life);
  kinds.register('srpm', sourceKind(ledger, store, life));
  kinds.register('build', binaryKind(ledger, store, life));
  kinds.register('plan', planKind(life));
  kinds.register('closure', closureKind(life));
  const sealer: Sealer = {
    trouble: keyTrouble,
    ask: (tx, wanted, actor) =>
      requestFileSignature(tx, { ...wanted, form: 'detached', owner: actor }, actor),
  };
  kinds.register('publish', publishKind(ledger, store, press, sealer));
  const lookers = new Lookers({
    connection,
    blobs: join(config.home, 'blobs'),
    folder: join(config.home, 'cache', 'externals'),
  });
  started.push(() => lookers.close());
  kinds.register('external', externalKind(ledger, lookers, request));
  const examiner = new Examiner(join(config.home, 'blobs'));
  started.push(() => examiner.close());
  const keepCopy: SignedCopies = async (tx, copy) => {
    await addSignedCopy(tx, copy);
    await touchSigned(tx, copy.key, [copy.rpm]);
  };
  const signing = { ledger, store, finisher, examiner, copies: keepCopy, url };
  const signingPump = new SigningPump(ledger);
  kinds.register('sign', signKind({ ...signing, files: [sealed] }));
  const blobs = new BlobReader(ledger.read, store);
  const externalFiles = new ExternalFiles(ledger.read, store, blobs, join(config.home, 'cache', 'externals'));
  const gitCatalogue = new GitCatalogue(ledger, request);
  const uploads = new Uploads(ledger, store, checkFence);
  const retainer = new Retainer(ledger, keeping);
  const blobLife = new BlobLife(ledger, store, keeping.graceHours);
  const scrub = new Scrub(ledger, store, [forgetDamaged(ledger), remakeDamaged(ledger, store)], {
    days: keeping.scrubDays,
    rate: keeping.scrubMb * 2 ** 20,
  });
  const reader = new LogReader(ledger, store);

  const repoServer = new RepoServer(ledger, blobs, url, externalFiles);
  const app = await makeServer({
    ledger,
    repos: repoServer,
    handlers: {
      ...statusRoutes(ledger, {
        version,
        name: hostname(),
        ledger: postgres === undefined ? 'external' : 'embedded',
      }),
      ...eventRoutes(ledger),
      ...identityRoutes(ledger),
      ...blobRoutes(blobs, uploads),
      ...catalogRoutes(ledger, life.repositories.request),
      ...externalRoutes(ledger, request),
      ...platformRoutes(ledger, request),
      ...gitCatalogueRoutes(ledger, gitCatalogue),
      ...workerRoutes(ledger),
      ...taskRoutes({ ledger, kinds, finisher, dispatcher, url }),
      ...fleetRoutes(ledger, watches, url),
      ...logRoutes(ledger, reader, url),
      ...buildRoutes(ledger, store, life, url),
      ...repoRoutes(ledger, url, request),
      ...distRoutes(ledger, blobs, press, url),
      ...scriptRoutes(ledger, config.repoScripts ?? []),
      ...holdRoutes(ledger),
      ...storageRoutes(blobLife, scrub, keeping.scrubMb > 0),
      ...batchRoutes(ledger, store, life, url),
      ...signingRoutes(signing),
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
  const name = await keepName(config.home);
  const scripts = new ScriptRunner(
    ledger,
    config.repoScripts ?? [],
    { runner: name, home: config.home },
    url,
  );
  await scripts.start();
  started.push(() => scripts.stop());
  const parts = { ledger, dispatcher, finisher, slots: 2, version };
  // An external repository may take long, and holds up no revision.
  const own = [
    new InHouseWorker({ ...parts, name, kinds: ['publish'] }),
    new InHouseWorker({ ...parts, name: `${name}-outside`, kinds: ['external'] }),
  ];
  if (config.press !== false) for (const one of own) await one.start();
  const hearing = [
    ledger.hints.on('batches', () => void pump.look().catch(() => {})),
    ledger.hints.on('touched', () => void followTouched(ledger).catch(() => {})),
    ledger.hints.on('signings', () => void signingPump.look().catch(() => {})),
    ...['repos', 'scripts'].map((what) => ledger.hints.on(what, () => void scripts.look().catch(() => {}))),
    ledger.hints.on('damaged', () => blobs.forget()),
    // Where a hint is lost, what is remembered is forgotten by itself.
    ledger.hints.on(
      'expired',
      () => repoServer.forget(),
      () => {},
    ),
  ];
  let told = 0;
  const sweeps = startSweeps([
    { name: 'leases', everyMs: 1000, look: () => sweepLeases(ledger, finisher) },
    { name: 'batches', everyMs: 1000, look: () => pump.look() },
    { name: 'signings', everyMs: 1000, look: () => signingPump.look() },
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
    { name: 'touched repositories', everyMs: 1000, look: () => followTouched(ledger) },
    { name: 'scripts', everyMs: 1000, look: () => scripts.look() },
    ...(config.press === false
      ? []
      : [{ name: 'repositories', everyMs: 15_000, look: () => retryStalled(ledger) }]),
    { name: 'seals', everyMs: 15_000, look: () => askForSealsAgain(ledger, sealer) },
    { name: 'external repositories', everyMs: 10_000, look: () => lookAgain(ledger) },
    { name: 'git catalogue', everyMs: 10_000, look: () => gitCatalogue.sweep() },
    { name: 'side tags', everyMs: 60_000, look: () => sweepSideTags(ledger) },
    { name: 'revisions', everyMs: 60_000, look: () => retainer.look() },
    { name: 'expired revisions', everyMs: 60_000, look: () => retainer.drop() },
    { name: 'unused blobs', everyMs: 30_000, look: () => blobLife.look() },
    { name: 'scrub', everyMs: 30_000, look: () => scrub.look() },
    { name: 'what is remembered of blobs', everyMs: 60_000, look: async () => blobs.forget() },
    {
      name: 'old records of external repositories',
      everyMs: 3_600_000,
      look: async () => void (await dropOldRecords(ledger.read, keeping.graceHours)),
    },
    { name: 'holds', everyMs: 60_000, look: () => sweepHolds(ledger) },
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
      gitCatalogue.close();
      for (const off of hearing) off();
      scrub.stop();
      await Promise.all(own.map((one) => one.stop()));
      await app.close();
      await sweeps.stop();
      await scripts.stop();
      await press.close();
      await examiner.close();
      await lookers.close();
      await ledger.close();
      await postgres?.stop();
      log('info', 'the hub has stopped');
    },
  };
}

/** What this hub is called as a worker; other hubs on the ledger have other homes. */
async function keepName(home: string): Promise<string> {
  const path = join(home, 'hub.name');
  const known = await readFile(path, 'utf8').catch(() => '');
  if (/^hub-[0-9a-f]{8}\n$/.test(known)) return known.trim();
  const name = `hub-${randomBytes(4).toString('hex')}`;
  await writeWhole(path, `${name}\n`, 0o644);
  return name;
}

function addressOf(at: AddressInfo): string {
  return `http://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`;
}

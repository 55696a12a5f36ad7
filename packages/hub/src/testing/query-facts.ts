/** What the tests of SQL statements hand to them: rows that the schema takes, of a stage with one build. */
import * as batches from '../batches/queries.ts';
import * as builds from '../builds/queries.ts';
import type { Tx } from '../ledger/index.ts';
import * as tasks from '../tasks/queries.ts';

export const hash = 'a'.repeat(64);
export const failure = { code: 'c', message: 'm', fault: 'package' as const };
export const offer = {
  arches: ['x86_64'],
  kinds: ['srpm' as const],
  slots: 1,
  version: '',
  driver: '',
  host: {},
};
export const upload = {
  id: 'u',
  principal: 'p',
  task: null,
  attempt: null,
  name: 'n',
  size: 1,
  sha256: hash,
  complete: false,
};
export const asking = { worker: 'w1', slot: 0, nonce: 'nonce' };
export const tagged = { build: 1, package: 'p', nvr: 'p-1-1', owner: 'o' };
export const edge = {
  tag: 1,
  parent: 1,
  priority: 1,
  maxdepth: 2,
  intransitive: true,
  noconfig: true,
  filter: 'a',
};
export const nvr = { nvr: 'p-1-1', name: 'p', epoch: null, version: '1', release: '1' };
export const root = { task: 1, attempt: 1, build: 1, arch: 'x86_64', worker: 'w1', revision: 1 };
export const pkg = { nevra: 'a-1-1.x86_64', sha256: hash, repo: 'r' };
export const file = { name: 'repomd.xml', sha256: hash, size: 1 };
export const dist = {
  arches: ['x86_64'],
  keys: [],
  unsigned: 'wait' as const,
  repoKey: null,
  layout: 'plain' as const,
  compression: 'gzip' as const,
  debug: true,
  source: true,
  multilib: {},
  include: [],
  exclude: [],
  records: [],
  automatic: true,
};
export const run = {
  id: null,
  key: 'k',
  members: 1,
  first: { name: 'a', epoch: null, version: '1', release: '1', arch: 'noarch', id: hash, key: hash },
  blob: hash,
  start: 0,
  sizes: [1, 1, 1],
  opens: [1, 1, 1],
};
export const rpm = {
  nevra: 'a-1-1.x86_64',
  name: 'a',
  epoch: 1,
  version: '1',
  release: '1',
  arch: 'x86_64',
  file_name: 'a-1-1.x86_64.rpm',
  source_rpm: null,
  sha256: hash,
  size: 1,
  header_start: 1,
  header_end: 2,
};
export const task = {
  kind: 'srpm' as const,
  label: 'l',
  arch: null,
  owner: 'o',
  priority: 1,
  build: 1,
  parent: 1,
  request: {},
  blockedBy: [1, 2],
  failure,
};
export const wanted = { kinds: ['srpm'], arches: ['x86_64'], channels: ['default'], workers: ['w1'] };
export const key = { name: 'p', kind: 'build', arch: 'x86_64' };
export const batch = {
  kind: 'chain' as const,
  owner: 'o',
  targets: ['f1'],
  onFailure: 'hold' as const,
  mayHurry: false,
};
export const plan = {
  packages: 1,
  edges: 0,
  cycles: [],
  missing: [],
  makespanSeconds: null,
  bound: null,
  chain: [],
  guessed: 0,
};
export const item = { label: 'l', target: 'f1', sourceName: 'n', options: {}, seconds: 1.5, after: 2.5 };
/** A batch of two items, the second of which needs the first. @returns the first */
export async function batchOf(tx: Tx): Promise<number> {
  const sourceSha256 = (await buildOf(tx)).sourceSha256;
  const id = await batches.insertBatch(tx, batch);
  const ids = await batches.insertItems(tx, id, [
    { ...item, sourceSha256, needs: [] },
    { ...item, sourceSha256, needs: [0] },
  ]);
  return ids[0] ?? 0;
}
export async function buildOf(tx: Tx): Promise<builds.BuildFacts> {
  const build = await builds.findBuild(tx, 1);
  if (build === undefined) throw new Error('the stage has no build');
  return build;
}
export async function taskOf(tx: Tx): Promise<tasks.TaskFacts> {
  const found = await tasks.findTask(tx, 1);
  if (found === undefined) throw new Error('the stage has no task');
  return found;
}

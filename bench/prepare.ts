/**
 * `prepare`: from an order until rpmbuild begins in its root, for 50 different packages of 40 BuildRequires each, with a new
 * revision of the repository before each, on a machine that has built for the target before; beside
 * `dnf --installroot` of the same packages from the same repository, its downloads cached, and beside mock with its cached
 * root where there is a mock (it is not in Debian).
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BuildOrder, createNativeDriver, type Driver } from '@moromi/buildroot';
import { readPrimary, readRepomd } from '@moromi/repodata';
import { describe, readHeaders, requirementsOf } from '@moromi/rpm';
import { bring, handWorker } from './bring.ts';
import { median, print, quantile, say, spread } from './figure.ts';
import { begunAt, WarmMock } from './mock.ts';
import { makeSource, type PackageFile } from './package.ts';
import { timed } from './rusage.ts';
import { makeTarget, startWorld, type World } from './world.ts';

const packages = 50;
const requires = 40;
/** The peers take much longer. */
const peerEvery = 5;

export async function prepare(): Promise<void> {
  await using world = await startWorld();
  const arch = await makeTarget(world);
  const worker = await handWorker(world);
  const driver = createNativeDriver({ home: join(world.home, 'driver') });
  const names = await namesIn(world, arch);
  const random = chance(7);
  const ours: number[] = [];
  const theirs: number[] = [];
  const mocks: number[] = [];
  const mock = await WarmMock.find(
    join(world.home, 'mock'),
    `${world.hub}/repos/bench/latest/${arch}/`,
    arch,
  );
  say('the layer that all builds have');
  await one(world, driver, arch, await makeNeedy(world, 'warm', []));
  for (let n = 0; n < packages; n++) {
    await bring(world, worker, 'bench', `change${n}`);
    const wanted = pick(names, requires, random);
    const source = await makeNeedy(world, `needy${n}`, wanted);
    ours.push(await one(world, driver, arch, source));
    if (n % peerEvery !== 0) continue;
    theirs.push(await dnf(world, arch, wanted));
    if (mock !== undefined) mocks.push(await mock.prepare(source.path));
    const [mine, dnfs, mocked] = [ours, theirs, mocks].map((list) => list.at(-1)?.toFixed(2) ?? '-');
    say(`${n}: ours ${mine} s, dnf ${dnfs} s, mock ${mocked} s`);
  }
  // The first finds both without downloads.
  theirs.shift();
  mocks.shift();
  const peer = median(theirs);
  print({
    figure: 'prepare',
    unit: 's',
    ours: median(ours),
    p50: median(ours),
    p99: quantile(ours, 0.99),
    spread: spread(ours),
    peer,
    peerName: 'dnf --installroot',
    ratio: peer / median(ours),
    runs: packages,
  });
  if (mocks.length === 0) return;
  const peerMock = median(mocks);
  print({
    figure: 'prepare.mock',
    unit: 's',
    ours: median(ours),
    peer: peerMock,
    peerName: 'mock, its root cached',
    ratio: peerMock / median(ours),
    runs: mocks.length,
  });
}

/** A source package that says when its `%prep` begins. */
async function makeNeedy(world: World, name: string, wanted: readonly string[]): Promise<PackageFile> {
  const spec = [
    'BuildArch: noarch',
    ...wanted.map((each) => `BuildRequires: ${each}`),
    '%description\nbench\n%prep\necho "begins at $(date +%s%N)"\n%files\n',
  ].join('\n');
  return await makeSource(world.home, name, spec);
}

/** @returns seconds until rpmbuild begins */
async function one(world: World, driver: Driver, arch: string, source: PackageFile): Promise<number> {
  const name = basename(source.path, '.src.rpm');
  const { revision } = await world.client.call('getTag', { params: { name: 'bench' } });
  const logDir = join(world.home, 'logs', name);
  await mkdir(logDir, { recursive: true });
  const order: BuildOrder = {
    id: `${name}-order`,
    arch,
    repos: [
      {
        id: 'bench',
        baseurl: `${world.hub}/repos/bench/${revision}/${arch}/`,
        priority: 10,
        revision: `number ${revision}`,
      },
    ],
    groups: { srpmBuild: ['@buildsys-build'], build: ['@buildsys-build'] },
    macros: { dist: '.bench' },
    with: [],
    without: [],
    network: false,
    // As a worker tells it.
    expects: requirementsOf(describe(await readHeaders(source.path))),
    timeoutSeconds: 300,
    logDir,
  };
  // The build writes the time of the same machine's clock, so it is the clock's that it is held to.
  const at = performance.timeOrigin + performance.now();
  const root = await driver.open(order);
  try {
    await root.buildBinary(source.path, new AbortController().signal);
  } finally {
    await root.destroy();
  }
  const log = await readFile(join(logDir, 'build.log'), 'utf8');
  return (begunAt(log) - at) / 1000;
}

async function dnf(world: World, arch: string, wanted: readonly string[]): Promise<number> {
  const root = join(world.home, 'dnf-root');
  const { revision } = await world.client.call('getTag', { params: { name: 'bench' } });
  const args = [
    ...['-q', '-y', '--noplugins', `--installroot=${root}`, '--releasever=1', '--setopt=reposdir=/dev/null'],
    ...[
      `--setopt=cachedir=${join(world.home, 'dnf-cache')}`,
      '--setopt=keepcache=True',
      '--setopt=bench.gpgcheck=0',
    ],
    ...['--repofrompath', `bench,${world.hub}/repos/bench/${revision}/${arch}/`],
    ...['install', '@buildsys-build', ...wanted],
  ];
  const { seconds } = await timed(['dnf', ...args]);
  await rm(root, { recursive: true, force: true });
  return seconds;
}

/** Names of packages that can stand beside each other: all of the small distribution. */
async function namesIn(world: World, arch: string): Promise<string[]> {
  const base = `${world.hub}/repos/bench/latest/${arch}`;
  const bytes = async (path: string): Promise<Buffer> =>
    Buffer.from(await (await fetch(`${base}/${path}`)).arrayBuffer());
  const { records } = readRepomd(await bytes('repodata/repomd.xml'));
  const href = records.find((record) => record.type === 'primary')?.href ?? '';
  const names: string[] = [];
  for await (const found of readPrimary(once(await bytes(href)))) names.push(found.name);
  return names.toSorted();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function pick(names: readonly string[], count: number, random: () => number): string[] {
  const left = [...names];
  return Array.from(
    { length: Math.min(count, left.length) },
    () => left.splice(Math.floor(random() * left.length), 1)[0] ?? '',
  );
}

/** The same choices in every run: a linear congruential generator (Numerical Recipes' constants). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

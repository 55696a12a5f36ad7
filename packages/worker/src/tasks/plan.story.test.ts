import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Completion, Lease, PlanOrder } from '@moromi/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runWorker } from '../run.ts';
import { makeRepository } from '../testing/repository.ts';
import { type Scene, scene, until } from '../testing/scene.ts';

let rest: Scene;
let server: Server;
/** Addresses of repositories: an older distribution, what was built on it, and the same for another architecture. */
let base: string;
let own: string;
let other: string;

beforeAll(async () => {
  rest = await scene();
  const at = (name: string) => join(rest.dir, name);
  const folders = await Promise.all([
    makeRepository(at('base'), {
      zlib: { zlib: [], 'zlib-devel': ['pkgconfig(zlib) = 1'] },
      python3: { python3: ['/usr/bin/python3'], 'python3-devel': [] },
      llvm: { clang: ['compiler'] },
    }),
    makeRepository(at('own'), { gcc: { gcc: ['compiler'] } }),
    makeRepository(at('other'), { zlib: { zlib: [] }, fresh: { 'fresh-devel': [] } }),
  ]);
  server = createServer((request, response) => {
    readFile(join(rest.dir, decodeURIComponent(request.url ?? ''))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/repo`;
  own = pathToFileURL(folders[1] ?? '').href;
  other = pathToFileURL(folders[2] ?? '').href;
}, 60_000);

afterAll(async () => {
  server.close();
  await rest[Symbol.asyncDispose]();
});

async function planned(order: PlanOrder | undefined, stage: Scene): Promise<Completion> {
  const task = 1 + stage.hub.results.size;
  const lease: Lease = {
    ...{ task, attempt: 1, kind: 'plan', arch: null, label: 'rebuild', build: null },
    ...{ leaseSeconds: 60, heartbeatSeconds: 10 },
    ...(order === undefined ? {} : { plan: order }),
  };
  stage.hub.offer(lease);
  await until(() => stage.hub.results.has(`${task}-1`));
  const result = stage.hub.results.get(`${task}-1`);
  if (result === undefined) throw new Error('unreachable');
  return result;
}

/** A worker that can do nothing else, and so has no driver. */
async function withWorker(use: (stage: Scene) => Promise<void>): Promise<void> {
  await using stage = await scene();
  const leave = new AbortController();
  const { journal } = stage;
  const exit = runWorker(
    {
      ...{ home: join(stage.dir, 'home'), hub: stage.hub.url, name: 'planner', enrolToken: 'x' },
      ...{
        kinds: ['plan'],
        arches: [],
        driver: 'native',
        stopFile: join(stage.dir, 'stop'),
        logLevel: 'debug',
      },
    },
    { leave: leave.signal },
    { journal },
  );
  await use(stage);
  leave.abort();
  expect(await exit).toBe(0);
}

const names = ['python3', 'zlib', 'gcc', 'fresh', 'app', 'self'];
const bothArches = ['x86_64', 'aarch64'];

function orderOf(requires: Record<string, [arches: string[], ...requires: string[]][]>): PlanOrder {
  return {
    arches: [
      {
        arch: 'x86_64',
        repos: [
          { id: 'base', baseurl: base, priority: 50 },
          { id: 'own', baseurl: own, priority: 10 },
        ],
      },
      { arch: 'aarch64', repos: [{ id: 'other', baseurl: other, priority: 50 }] },
    ],
    packages: names.map((name) => ({
      name,
      requires: (requires[name] ?? []).map(([arches, ...list]) => ({ arches, requires: list })),
    })),
  };
}

const order = () =>
  orderOf({
    app: [
      // In the better repository it is of gcc, in the other of a package that is not rebuilt.
      [
        ['x86_64'],
        'compiler',
        'zlib-devel',
        'pkgconfig(zlib)',
        '(python3-devel if zlib)',
        'rpmlib(Whatever) <= 1',
      ],
      // Guessed on x86_64, there on aarch64.
      [bothArches, 'fresh-devel', '/usr/bin/python3'],
      [['s390x'], 'never-looked-for'],
      [['aarch64'], 'zlib-devle', '(broken'],
    ],
    zlib: [[['x86_64'], 'gcc', 'zlib', 'app-devel >= 2', 'zlib-devell', 'zlib-devell']],
    self: [[['x86_64'], 'self-devel', 'pkgconfig(self)']],
  });

const place = (name: string) => names.indexOf(name);
const edge = (name: string, needs: string, requirement: string, guessed = false) => ({
  package: place(name),
  needs: place(needs),
  requirement,
  guessed,
});
const gap = (name: string, arch: string, requirement: string, nearest: string | null) => ({
  package: place(name),
  arch,
  requirement,
  nearest,
});

test('who needs whom is found in the repositories of each architecture, and what nobody provides is named', async () => {
  await withWorker(async (stage) => {
    const result = await planned(order(), stage);
    expect(result).toEqual({
      outcome: 'done',
      planned: {
        needs: [
          edge('zlib', 'gcc', 'gcc'),
          edge('zlib', 'app', 'app-devel >= 2', true),
          edge('app', 'python3', '(python3-devel if zlib)'),
          edge('app', 'zlib', 'zlib-devel'),
          edge('app', 'gcc', 'compiler'),
          edge('app', 'fresh', 'fresh-devel'),
        ],
        missing: [
          gap('zlib', 'x86_64', 'zlib-devell', 'zlib-devel'),
          gap('app', 'aarch64', '/usr/bin/python3', null),
          gap('app', 'aarch64', 'zlib-devle', null),
          gap('app', 'aarch64', '(broken', null),
          // No other package could ever provide it in time.
          gap('self', 'x86_64', 'self-devel', null),
          gap('self', 'x86_64', 'pkgconfig(self)', null),
        ],
      },
    });
    const log = stage.hub.log(1, 1, 'worker.log').toString();
    expect(log).toMatch(/ x86_64: base: 5 packages, priority 50, [\d.]+ s$/m);
    expect(log).toMatch(/ x86_64: 13 different requirements, 1 of them missing, /m);
    expect(log).toMatch(/ aarch64: other: 2 packages, /m);
    expect(log).toMatch(/ 6 packages: 6 edges, 1 of them guessed, 6 requirements missing, /m);
    expect(await planned(order(), stage)).toEqual(result);
  });
});

test('a plan of nothing, and one without repositories, are plans', async () => {
  await withWorker(async (stage) => {
    expect(await planned({ arches: [], packages: [] }, stage)).toEqual({
      outcome: 'done',
      planned: { needs: [], missing: [] },
    });
    const { packages } = order();
    const result = await planned({ arches: [{ arch: 'x86_64', repos: [] }], packages }, stage);
    expect(result).toMatchObject({
      planned: { needs: expect.arrayContaining([edge('app', 'zlib', 'zlib-devel', true)]) },
    });
  });
});

test("a repository that cannot be read is the infrastructure's failure and is named", async () => {
  await withWorker(async (stage) => {
    const gone = [{ id: 'gone', baseurl: 'http://127.0.0.1:9/x', priority: 1 }];
    const result = await planned({ arches: [{ arch: 'x86_64', repos: gone }], packages: [] }, stage);
    expect(result).toMatchObject({
      outcome: 'failed',
      failure: {
        code: 'repo_unreachable',
        fault: 'infrastructure',
        message: expect.stringMatching(
          /^The repository gone at http:\/\/127\.0\.0\.1:9\/x\/ cannot be read: /,
        ),
      },
    });
    expect(stage.hub.log(1, 1, 'worker.log').toString()).toContain('x86_64: gone: connect ECONNREFUSED');
  });
});

test('orders that cannot be meant are refused', async () => {
  const arch = (name: string, ...repos: PlanOrder['arches'][number]['repos']) => ({ arch: name, repos });
  const good = { id: 'base', baseurl: base, priority: 1 };
  const orders: (PlanOrder | undefined)[] = [
    undefined,
    { arches: [arch('../x')], packages: [] },
    { arches: [arch('i686'), arch('i686')], packages: [] },
    { arches: [arch('i686', { ...good, baseurl: 'ftp://x/' })], packages: [] },
    { arches: [arch('i686', { ...good, baseurl: 'http://[' })], packages: [] },
    { arches: [arch('i686', { ...good, id: 'a b' })], packages: [] },
    { arches: [arch('i686', { ...good, priority: 0.5 })], packages: [] },
    { arches: [], packages: ['a', 'a'].map((name) => ({ name, requires: [] })) },
  ];
  await withWorker(async (stage) => {
    for (const one of orders)
      expect(await planned(one, stage)).toMatchObject({ outcome: 'failed', failure: { code: 'bad_order' } });
  });
});

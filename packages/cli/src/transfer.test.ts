import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHub, problem } from './testing/fake-hub.ts';
import { play } from './testing/stage.ts';

const partSize = 1000;
const srpm = Buffer.concat([
  Buffer.from([0xed, 0xab, 0xee, 0xdb]),
  Buffer.from(Array.from({ length: 3500 }, (_, i) => i % 251)),
]);
const sha256 = createHash('sha256').update(srpm).digest('hex');
let hub: FakeHub;
let folder: string;
let parts: Map<number, Buffer>;
let made: Record<string, unknown>[];
let refuse: number;

beforeEach(async () => {
  hub = await FakeHub.start();
  folder = await mkdtemp(join(tmpdir(), 'moromi-transfer-'));
  parts = new Map();
  made = [];
  refuse = -1;
  const upload = () => ({ id: 'upload-1', complete: false, parts: [...parts.keys()], partSize });
  hub.on('GET', /^\/targets\/f1$/, () => ({ name: 'f1', buildTag: 'a', destTag: 'b', arches: ['x86_64'] }));
  hub.on('GET', /^\/targets\/f2$/, (_request, reply) =>
    problem(reply, 404, 'unknown_target', 'there is no target f2'),
  );
  hub.on('POST', /^\/uploads$/, upload);
  hub.on('GET', /^\/uploads\/upload-1$/, upload);
  hub.on('PUT', /^\/uploads\/upload-1\/parts\/\d+/, (request, reply, body) => {
    const [, part, sum] = /parts\/(\d+)\?sha256=(\w+)/.exec(request.url ?? '') ?? [];
    if (Number(part) === refuse) return problem(reply, 507, 'storage_full');
    expect(createHash('sha256').update(body).digest('hex')).toBe(sum);
    parts.set(Number(part), body);
    return upload();
  });
  hub.on('POST', /^\/uploads\/upload-1\/complete$/, () => ({ sha256, size: srpm.length, name: 'x' }));
  hub.on('POST', /^\/builds$/, (_request, _reply, body) => {
    made.push(JSON.parse(body.toString()) as Record<string, unknown>);
    return { id: 7, task: 34 };
  });
  hub.on('GET', /^\/tasks\/34$/, () => ({ id: 34, url: 'http://hub/tasks/34' }));
  await writeFile(join(folder, 'hello-1-1.src.rpm'), srpm);
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

const build = (...more: string[]) => ['build', '--nowait', ...more, 'f1', join(folder, 'hello-1-1.src.rpm')];

test('a source package goes up in parts, then the build is made with what was asked for', async () => {
  const { out, exit } = await play(
    hub.address,
    build(
      '--scratch',
      '--arch',
      'x86_64,i686',
      '--dist',
      '.f1',
      '--with',
      'a',
      '--without',
      'b',
      '--define',
      'foo_x 1 2',
      '--keep-failed=2h',
      '--priority',
      '5',
    ),
  );
  expect(Buffer.concat([0, 1, 2, 3].map((part) => parts.get(part) ?? Buffer.of()))).toEqual(srpm);
  expect(made).toEqual([
    {
      target: 'f1',
      source: { sha256, name: 'hello-1-1.src.rpm' },
      options: {
        scratch: true,
        arches: ['x86_64', 'i686'],
        dist: '.f1',
        with: ['a'],
        without: ['b'],
        define: { foo_x: '1 2' },
        keepFailed: 7200,
        priority: 5,
      },
    },
  ]);
  expect(out).toBe('Created task: 34\nTask info: http://hub/tasks/34\n');
  expect(exit).toBe(0);
});

test('--keep-failed without a duration does not swallow the target', async () => {
  await play(hub.address, build('--keep-failed'));
  expect(made[0]).toMatchObject({ target: 'f1', options: { keepFailed: 86_400 } });
});

test('haste, patience and the first failure are said in a word', async () => {
  await play(hub.address, build('--now', '--fail-fast'));
  await play(hub.address, build('--background'));
  await play(hub.address, build('--priority', 'normal'));
  expect(made.map(({ options }) => options)).toEqual([
    { priority: 10, failFast: true },
    { priority: 30 },
    { priority: 20 },
  ]);
});

test('what a run before this one sent is not sent again', async () => {
  const env = { HOME: folder };
  refuse = 2;
  const first = await play(hub.address, build(), { env });
  expect(first.err).toContain('(storage_full)');
  expect(first.exit).toBe(3);
  refuse = -1;
  hub.asked.length = 0;
  expect((await play(hub.address, build(), { env })).exit).toBe(0);
  expect(hub.asked.filter((one) => one.startsWith('PUT')).map((one) => /parts\/(\d)/.exec(one)?.[1])).toEqual(
    ['2', '3'],
  );
  expect(hub.asked).not.toContain('POST /uploads');
});

test('a file that the hub has already is not sent', async () => {
  hub.on('POST', /^\/uploads$/, () => ({ id: 'upload-1', complete: true, parts: [], partSize }));
  await play(hub.address, build());
  expect(hub.asked.some((one) => one.startsWith('PUT'))).toBe(false);
  expect(made).toHaveLength(1);
});

test('an unknown target is told before anything is sent', async () => {
  const { err, exit } = await play(hub.address, ['build', 'f2', join(folder, 'hello-1-1.src.rpm')]);
  expect(err).toBe(
    'moromi: there is no target f2 (unknown_target)\nwhat to do: See `moromi list-targets`.\n',
  );
  expect(exit).toBe(3);
  expect(hub.asked).toEqual(['GET /targets/f2']);
});

test('a signature is written under no name that the hub would not take, and that is said before anything is sent', async () => {
  const said = await play(hub.address, ['sign-file', 'release', join(folder, 'a b$(id)')]);
  expect(said.err).toContain('"a b$(id).asc" is no name that can be written; say --output');
  expect(said.exit).toBe(2);
});

test('what is no file, not there, or no RPM is refused here', async () => {
  await writeFile(join(folder, 'x.spec'), 'Name: x');
  expect((await play(hub.address, ['build', 'f1', folder])).err).toContain('is not a file (file_unreadable)');
  expect((await play(hub.address, ['build', 'f1', '/nonexistent'])).err).toContain(
    'there is no such file (file_unreadable)',
  );
  expect((await play(hub.address, ['build', 'f1', join(folder, 'x.spec')])).err).toContain(
    'is not an RPM package (not_an_rpm)',
  );
});

const rpm = {
  nevra: 'hello-0:1-1.x86_64',
  name: 'hello-1-1.x86_64.rpm',
  arch: 'x86_64',
  sha256,
  size: srpm.length,
  task: 35,
  url: '',
};

function withBuild(rpms: unknown[]): void {
  hub.on('GET', /^\/builds\//, () => ({
    id: 7,
    state: 'complete',
    sourceRpm: { ...rpm, name: 'hello-1-1.src.rpm', arch: 'src' },
    rpms,
    tasks: [],
  }));
  hub.on('GET', /^\/blobs\//, (request, reply) => {
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    reply.writeHead(start > 0 ? 206 : 200).end(srpm.subarray(start));
  });
}

test('packages are fetched, checked, and not fetched again; debuginfo only when asked for', async () => {
  withBuild([
    rpm,
    { ...rpm, name: 'hello-debuginfo-1-1.x86_64.rpm' },
    { ...rpm, name: 'hello-debugsource-1-1.x86_64.rpm' },
  ]);
  const to = join(folder, 'out');
  await play(hub.address, ['download-build', 'hello-1-1', '--dir', to]);
  expect((await readdir(to)).toSorted()).toEqual(['hello-1-1.src.rpm', 'hello-1-1.x86_64.rpm']);
  expect(await readFile(join(to, rpm.name))).toEqual(srpm);
  const again = await play(hub.address, [
    'download-build',
    'hello-1-1',
    '--arch',
    'x86_64',
    '--debuginfo',
    '--dir',
    to,
  ]);
  expect(again.out).toContain('hello-1-1.x86_64.rpm  3.4 KiB  (there already)\n');
  expect(await readdir(to)).toHaveLength(4);
});

test('a fetch that was cut goes on where it stopped', async () => {
  withBuild([rpm]);
  let cut = true;
  hub.on('GET', /^\/blobs\//, (request, reply) => {
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    reply.writeHead(start > 0 ? 206 : 200, { 'content-length': srpm.length - start });
    if (cut) reply.write(srpm.subarray(0, 1000), () => setTimeout(() => reply.destroy(), 20));
    else reply.end(srpm.subarray(start));
    cut = false;
    hub.asked.push(`from ${start}`);
  });
  const { exit } = await play(hub.address, ['download-build', '7', '--arch', 'x86_64', '--dir', folder]);
  expect(exit).toBe(0);
  expect(await readFile(join(folder, rpm.name))).toEqual(srpm);
  expect(hub.asked).toContain('from 1000');
});

test('a file that is not what the hub says is not kept', async () => {
  withBuild([{ ...rpm, sha256: 'a'.repeat(64) }]);
  const to = join(folder, 'bad');
  await mkdir(to);
  const { err, exit } = await play(hub.address, ['download-build', '7', '--arch', 'x86_64', '--dir', to]);
  expect(err).toContain('did not arrive as it is on the hub (hash_mismatch)');
  expect(exit).toBe(3);
  expect(await readdir(to)).toEqual([]);
});

test('a file name with a path in it is refused', async () => {
  withBuild([{ ...rpm, name: '../../evil.x86_64.rpm' }]);
  expect((await play(hub.address, ['download-build', '7', '--dir', folder])).err).toContain('(bad_name)');
});

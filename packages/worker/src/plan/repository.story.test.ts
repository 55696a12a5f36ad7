import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { readFilelists, readProvides } from '@moromi/repodata';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { all } from '../../../repodata/src/testing/packages.ts';
import { makeRepository } from '../testing/repository.ts';
import { packagesOf, RemoteRepository } from './repository.ts';

const never = new AbortController().signal;
let dir: string;
/** Content by path below the repository. */
let files: Map<string, Buffer>;
let primary: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'moromi-plan-'));
  const repo = await makeRepository(join(dir, 'made'), {
    zlib: { zlib: ['/usr/share/zlib'], 'zlib-devel': ['pkgconfig(zlib)'] },
  });
  const names = await readdir(join(repo, 'repodata'));
  files = new Map(
    await Promise.all(
      names.map(async (name) => [`repodata/${name}`, await readFile(join(repo, 'repodata', name))] as const),
    ),
  );
  primary = [...files.keys()].find((name) => name.includes('primary')) ?? '';
}, 60_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

async function served<T>(answer: RequestListener, use: (baseurl: string) => Promise<T>): Promise<T> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Serves these files below /x/. */
function serving(all: Map<string, Buffer>): RequestListener {
  return (request, response) => {
    const found = all.get(request.url?.slice(3) ?? '');
    if (found === undefined) response.writeHead(404).end();
    else response.end(found);
  };
}

/** The repository with another primary part, and repomd.xml in agreement with it unless it is given. */
function withPrimary(bytes: Buffer, sizeSaid = bytes.length): Map<string, Buffer> {
  const before = files.get(primary) ?? Buffer.alloc(0);
  const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
  const repomd = files.get('repodata/repomd.xml')?.toString() ?? '';
  const said = repomd
    .replaceAll(`>${sha256(before)}<`, `>${sha256(bytes)}<`)
    .replace(`<size>${before.length}</size>`, `<size>${sizeSaid}</size>`);
  return new Map([...files, [primary, bytes], ['repodata/repomd.xml', Buffer.from(said)]]);
}

async function read(baseurl: string, signal = never) {
  const notes: string[] = [];
  const found: string[] = [];
  const path = join(dir, 'primary');
  const repo = { id: 'base', baseurl, priority: 1 };
  for await (const { name, sourceRpm } of packagesOf(repo, path, signal, (note) => notes.push(note)))
    found.push(`${name} of ${sourceRpm}`);
  expect(await readdir(dir)).toEqual(['made']);
  return { found: found.sort(), notes };
}

const both = ['zlib of zlib-1-1.src.rpm', 'zlib-devel of zlib-1-1.src.rpm'];

test('a repository is read over http and from a folder, with or without a slash at its end', async () => {
  await served(serving(files), async (baseurl) => {
    expect(await read(baseurl)).toEqual({ found: both, notes: [] });
    expect(await read(`${baseurl}/`)).toEqual({ found: both, notes: [] });
  });
  expect(await read(pathToFileURL(join(dir, 'made', 'repo')).href)).toEqual({ found: both, notes: [] });
});

test('it is found where a mirror leads, with the name and password of its address, and never decoded', async () => {
  const answer: RequestListener = (request, response) => {
    const { url = '', headers } = request;
    if (url.startsWith('/x/')) return response.writeHead(302, { location: `/y${url.slice(2)}` }).end();
    if (headers.authorization !== `Basic ${btoa('me:secret')}`) return response.writeHead(401).end();
    const found = files.get(url.slice(3));
    if (found === undefined) return response.writeHead(404).end();
    // As a server does that thinks of a browser.
    if (url.endsWith('.gz')) response.setHeader('content-encoding', 'gzip');
    return response.end(found);
  };
  await served(answer, async (baseurl) => {
    expect(await read(baseurl.replace('//', '//me:secret@'))).toEqual({ found: both, notes: [] });
    await expect(read(baseurl.replace('//', '//me:wrong-one@'))).rejects.toThrow(
      /^The repository base at http:\/\/127\S+\/x\/ cannot be read: http:\/\/127\S+ is answered with 401$/,
    );
  });
});

test('what falters once is tried again', async () => {
  let asked = 0;
  const answer: RequestListener = (request, response) => {
    asked++;
    if (asked === 1) return response.writeHead(503).end();
    if (asked === 3)
      return response.writeHead(200, { 'content-length': 9 }).write('x', () => response.destroy());
    return serving(files)(request, response);
  };
  const { found, notes } = await served(answer, read);
  expect(found).toEqual(both);
  expect(notes).toHaveLength(2);
  expect(notes[0]).toMatch(/^base: \S+repomd\.xml is answered with 503; trying again$/);
});

const bad: [string, () => Map<string, Buffer>, RegExp][] = [
  ['without metadata', () => new Map(), /repomd\.xml is answered with 404$/],
  [
    'of which repomd.xml is none',
    () => new Map([['repodata/repomd.xml', Buffer.from('<html>')]]),
    /not repomd|well-formed/,
  ],
  [
    'whose repomd.xml never ends',
    () => new Map([['repodata/repomd.xml', Buffer.alloc(2 ** 20 + 1)]]),
    /more than 1048576 bytes$/,
  ],
  [
    'without a primary part',
    () => {
      const repomd = files
        .get('repodata/repomd.xml')
        ?.toString()
        .replace('type="primary"', 'type="other-one"');
      return new Map([...files, ['repodata/repomd.xml', Buffer.from(repomd ?? '')]]);
    },
    /names no primary part$/,
  ],
  [
    'whose primary part is another',
    () => {
      const wrong = Buffer.from(files.get(primary) ?? '');
      wrong.writeUInt8(wrong.readUInt8(100) ^ 1, 100);
      return new Map([...files, [primary, wrong]]);
    },
    /has the SHA-256 [0-9a-f]{64}, repomd\.xml says [0-9a-f]{64}$/,
  ],
  [
    'whose primary part is cut',
    () => new Map([...files, [primary, files.get(primary)?.subarray(0, 200) ?? Buffer.alloc(0)]]),
    /has 200 bytes where repomd\.xml says/,
  ],
  [
    'whose primary part goes on',
    () => new Map([...files, [primary, Buffer.alloc(2 ** 20)]]),
    /has more than \d+ bytes$/,
  ],
  [
    'whose primary part is gone',
    () => new Map([...files].filter(([name]) => name !== primary)),
    /is answered with 404$/,
  ],
  [
    'whose primary part is said to be huge',
    () => withPrimary(Buffer.alloc(9), 2 ** 30),
    /has more than 536870912 bytes$/,
  ],
  ['whose primary part is damaged within', () => withPrimary(gzipSync('<metadata>')), /./],
  [
    'whose primary part is no gzip inside',
    () => withPrimary(Buffer.concat([gzipSync('x').subarray(0, 10), Buffer.alloc(20, 0xff)])),
    /unpacked/,
  ],
  ['packed with xz', () => withPrimary(Buffer.from('fd377a585a0000', 'hex')), /packed with xz/],
];
test.each(bad)('a repository %s is unreachable, by its name', async (_, make, why) => {
  const failing = served(serving(make()), read);
  await expect(failing).rejects.toMatchObject({ name: 'Refused', code: 'repo_unreachable' });
  await expect(failing).rejects.toThrow(/^The repository base at http:\/\/127\S+\/x\/ cannot be read: /);
  await expect(failing).rejects.toThrow(why);
});

/** What filelists say of /usr/share/zlib after primary was read, from a repository that may become another meanwhile. */
async function readBoth(first: Map<string, Buffer>, then: Map<string, Buffer>) {
  const notes: string[] = [];
  let now = first;
  const found = await served(
    (request, response) => serving(now)(request, response),
    async (baseurl) => {
      const reading = { path: join(dir, 'part'), signal: never, note: (why: string) => notes.push(why) };
      const remote = new RemoteRepository({ id: 'base', baseurl, priority: 1 }, reading);
      const packages = await all(remote.read('primary', readProvides));
      now = then;
      const lists = remote.read('filelists', (stream) => readFilelists(stream, new Set(['/usr/share/zlib'])));
      const owners = (await all(lists)).map(({ sha256 }) => sha256);
      return packages.filter(({ sha256 }) => owners.includes(sha256)).map(({ name }) => name);
    },
  );
  expect(await readdir(dir)).toEqual(['made']);
  return { found, notes };
}

test('filelists are read beside the same primary part only, and are held to their hash as it is', async () => {
  expect(await readBoth(files, files)).toEqual({ found: ['zlib'], notes: [] });
  await expect(readBoth(files, withPrimary(gzipSync('another')))).rejects.toThrow(
    /^The repository base at \S+ cannot be read: it was replaced while it was read$/,
  );
  const lists = [...files.keys()].find((name) => name.includes('filelists')) ?? '';
  const wrong = new Map([...files, [lists, Buffer.alloc(files.get(lists)?.length ?? 0)]]);
  await expect(readBoth(files, wrong)).rejects.toThrow(/has the SHA-256 [0-9a-f]{64}, repomd\.xml says/);
});

test('a repository may do without filelists', async () => {
  const repomd = files.get('repodata/repomd.xml')?.toString().replace('type="filelists"', 'type="other-one"');
  const bare = new Map([...files, ['repodata/repomd.xml', Buffer.from(repomd ?? '')]]);
  expect(await readBoth(bare, bare)).toEqual({
    found: [],
    notes: ['base: repomd.xml names no filelists part'],
  });
});

test.each([
  ['http://127.0.0.1:9/repo', /ECONNREFUSED/],
  ['file:///nowhere/at/all', /ENOENT/],
  ['file://elsewhere/repo', /localhost|host/],
])('what is not there is unreachable: %s', async (baseurl, why) => {
  const failing = read(baseurl);
  await expect(failing).rejects.toMatchObject({ code: 'repo_unreachable' });
  await expect(failing).rejects.toThrow(why);
});

test('a folder where a file should be is no repository', async () => {
  const folder = join(dir, 'made', 'odd', 'repodata', 'repomd.xml');
  await mkdir(folder, { recursive: true });
  await expect(read(pathToFileURL(join(dir, 'made', 'odd')).href)).rejects.toThrow(/is no regular file$/);
});

test('redirects end, and lead to nothing but http', async () => {
  await served(
    (_, response) => void response.writeHead(302, { location: '/x/repodata/repomd.xml' }).end(),
    async (baseurl) => await expect(read(baseurl)).rejects.toThrow(/where nothing is fetched from$/),
  );
  await served(
    (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    async (baseurl) => await expect(read(baseurl)).rejects.toThrow(/leads to file:\/\/\/etc\/passwd/),
  );
});

test('it is given up at the signal, with its reason, whatever the server does', async () => {
  const abort = new AbortController();
  const reason = new Error('no longer ours');
  const hanging: RequestListener = (request, response) => {
    if (request.url?.includes('repomd') === true) return serving(files)(request, response);
    response.writeHead(200);
    response.write('x', () => abort.abort(reason));
    return undefined;
  };
  await expect(served(hanging, async (baseurl) => await read(baseurl, abort.signal))).rejects.toBe(reason);
});

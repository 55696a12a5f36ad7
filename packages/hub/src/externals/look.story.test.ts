import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readRepomd, writeRepomd } from '@moromi/repodata';
import { makeKey, type NewKey, openSecretKey, signDetached } from '@moromi/signing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { FolderStore } from '../blobs/index.ts';
import { type FreshLedger, freshLedger } from '../testing/ledger.ts';
import { definitionOf } from './attached.ts';
import { type Found, look, type Place } from './look.ts';
import type { LookOrder } from './look-order.ts';
import { insertArch, insertExternal, type KnownRoot } from './queries.ts';
import { type Mirror, makeOutside, serveOutside } from './testing/outside.ts';

let folder: string;
let ledger: FreshLedger;
let place: Place;
let mirror: Mirror;
let other: Mirror;
let external: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-look-'));
  await makeOutside(join(folder, 'sound'), [{ name: 'alpha', packages: ['alpha-libs'] }, { name: 'beta' }]);
  ledger = await freshLedger();
  const store = await FolderStore.open(join(folder, 'blobs'));
  place = { reader: ledger.read, store, folder: await mkdtemp(join(folder, 'looks-')) };
  external = await ledger.tx('test', async (tx) => {
    const id = await insertExternal(tx, 'base', definitionOf({ url: 'http://base.invalid/' }), 'test');
    await insertArch(tx, id ?? 0, '');
    return id ?? 0;
  });
  [mirror, other] = [await serveOutside(folder), await serveOutside(folder)];
});
afterAll(async () => {
  // Nothing that was fetched is left behind, whatever went wrong.
  expect(await readdir(place.folder)).toEqual([]);
  await Promise.all([mirror[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
  await ledger.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  for (const one of [mirror, other]) {
    one.instead.clear();
    one.asked.length = 0;
  }
});

const sound = () => ({ url: `${mirror.url}/sound` });
async function lookAt(
  said: Parameters<typeof definitionOf>[0],
  known: KnownRoot | null = null,
  current: LookOrder['current'] = null,
): Promise<Found> {
  return await look(place, {
    external,
    name: 'base',
    arch: '',
    definition: definitionOf(said),
    known,
    current,
  });
}
async function troubleOf(said: Parameters<typeof definitionOf>[0]): Promise<string> {
  return await lookAt(said).then(
    () => 'no trouble',
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  );
}

/** A copy of the sound repository in a folder of its own. */
async function copyOf(name: string): Promise<string> {
  await cp(join(folder, 'sound'), join(folder, name), { recursive: true });
  return join(folder, name);
}

/** Replaces a document of a repository, with hashes that fit. */
async function replaceDocument(
  repository: string,
  type: string,
  change: (xml: string) => string,
): Promise<void> {
  const path = join(repository, 'repodata', 'repomd.xml');
  const { revision, records } = readRepomd(await readFile(path));
  const changed = await Promise.all(
    records.map(async (record) => {
      if (record.type !== type) return record;
      const plain = Buffer.from(change(gunzipSync(await readFile(join(repository, record.href))).toString()));
      const packed = gzipSync(plain);
      await writeFile(join(repository, record.href), packed);
      const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
      return {
        ...record,
        checksum: hash(packed),
        openChecksum: hash(plain),
        size: packed.length,
        openSize: plain.length,
      };
    }),
  );
  await writeFile(path, writeRepomd(revision, changed));
}

test('a mirror list is gone through until one gives what it should', async () => {
  await writeFile(join(folder, 'mirrors'), `# ours\n${mirror.url}/nowhere\nftp://x/\n${other.url}/sound\n`);
  const found = await lookAt({ mirrorlist: `${mirror.url}/mirrors` });
  expect(found.snapshot).toMatchObject({ packages: 3 });
  expect(found.mirrors).toEqual([`${other.url}/sound/`, `${mirror.url}/nowhere/`]);
});

test('a list that names nobody, and one that is away, leave its own address or none', async () => {
  await writeFile(join(folder, 'none'), '# nobody\nfile:///etc/\n');
  expect(await troubleOf({ mirrorlist: `${mirror.url}/none` })).toMatch(/^repo_no_mirrors: /);
  const found = await lookAt({ mirrorlist: `${mirror.url}/gone`, ...sound() });
  expect(found.snapshot?.packages).toBe(3);
});

const metalink = (hash: string, ...urls: string[]) =>
  `<?xml version="1.0"?><metalink version="3.0" xmlns="http://www.metalinker.org/"><files><file name="repomd.xml"><verification><hash type="md5">0</hash><hash type="sha256">${hash}</hash></verification><resources>${urls.map((url, at) => `<url protocol="http" type="http" preference="${100 - at}">${url}/repodata/repomd.xml</url>`).join('')}</resources></file></files></metalink>`;

test('what a metalink says of repomd.xml is held against it, at each mirror', async () => {
  const repomd = createHash('sha256').update(await readFile(join(folder, 'sound', 'repodata', 'repomd.xml')));
  const stale = await copyOf('stale');
  await replaceDocument(stale, 'other', (xml) => xml);
  await writeFile(
    join(folder, 'good.meta'),
    metalink(repomd.digest('hex'), `${mirror.url}/stale`, `${other.url}/sound`),
  );
  const found = await lookAt({ metalink: `${mirror.url}/good.meta` });
  expect(found.mirrors[0]).toBe(`${other.url}/sound/`);
  await writeFile(join(folder, 'bad.meta'), metalink('0'.repeat(64), `${other.url}/sound`));
  expect(await troubleOf({ metalink: `${mirror.url}/bad.meta` })).toMatch(
    /^repo_damaged: .*not what the metalink says/,
  );
  expect(await troubleOf({ metalink: `${mirror.url}/gone`, ...sound() })).toMatch(/^repo_unreachable: .*404/);
});

test('a repository that is replaced while it is read is begun anew', async () => {
  const changing = await copyOf('changing');
  let times = 0;
  // The first answer is of yesterday: its primary is gone by now.
  const old = await readFile(join(changing, 'repodata', 'repomd.xml'));
  const { records } = readRepomd(old);
  await rm(join(changing, records.find((one) => one.type === 'primary')?.href ?? ''));
  await rm(join(changing, 'beta-1-1.noarch.rpm'));
  await makeOutside(changing, []);
  mirror.instead.set('changing/repodata/repomd.xml', (_, reply, bytes) =>
    reply.writeHead(200).end(times++ === 0 ? old : bytes),
  );
  expect((await lookAt({ url: `${mirror.url}/changing` })).snapshot?.packages).toBe(2);
  expect(times).toBe(2);
});

test('a part that stays away is trouble, after one more look', async () => {
  mirror.instead.set('-primary.xml.gz', (_, reply) => reply.writeHead(404).end());
  expect(await troubleOf(sound())).toMatch(/^repo_unreachable: .*primary.* answered with 404/);
  expect(mirror.asked.filter((path) => path.endsWith('repomd.xml'))).toHaveLength(2);
});

test('parts that are cut, longer, or another file are not believed', async () => {
  mirror.instead.set('-filelists.xml.gz', (_, reply, bytes = Buffer.alloc(0)) =>
    reply.writeHead(200).end(bytes.subarray(1)),
  );
  expect(await troubleOf(sound())).toMatch(/^repo_damaged: /);
  mirror.instead.set('-filelists.xml.gz', (_, reply, bytes = Buffer.alloc(0)) =>
    reply.writeHead(200).end(Buffer.concat([bytes, bytes])),
  );
  expect(await troubleOf(sound())).toMatch(/^repo_too_large: /);
  mirror.instead.set('-filelists.xml.gz', (_, reply, bytes = Buffer.alloc(0)) => {
    reply
      .writeHead(200, { 'content-length': bytes.length })
      .write(bytes.subarray(0, 20), () => reply.destroy());
  });
  expect(await troubleOf(sound())).toMatch(/^repo_unreachable: /);
});

test.each([
  ['is no XML', 'primary', (xml: string) => xml.slice(0, -40), 'repo_damaged'],
  [
    'has an entity bomb',
    'primary',
    (xml: string) => xml.replace('?>', '?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'),
    'repo_hostile',
  ],
  [
    'leads out of the repository',
    'primary',
    (xml: string) => xml.replace('href="beta', 'href="../beta'),
    'repo_hostile',
  ],
  [
    'lists a package that another part does not',
    'other',
    (xml: string) => xml.replace(/pkgid="[0-9a-f]/, 'pkgid="x'),
    'repo_damaged',
  ],
])('metadata that %s is refused, with nothing of it in use', async (_, type, change, code) => {
  const bad = await mkdtemp(join(folder, 'bad-'));
  await cp(join(folder, 'sound'), bad, { recursive: true });
  await replaceDocument(bad, type, change);
  expect(await troubleOf({ url: `${mirror.url}/${bad.slice(folder.length + 1)}` })).toMatch(
    new RegExp(`^${code}: `),
  );
});

test('redirects are followed a few times, and never to files of this machine', async () => {
  mirror.instead.set('/moved/repodata/repomd.xml', (request, reply) => {
    reply.writeHead(302, { location: `${other.url}${request.url?.replace('/moved/', '/sound/')}` }).end();
  });
  // Only repomd.xml is there; the parts are not.
  expect(await troubleOf({ url: `${mirror.url}/moved` })).toMatch(/^repo_unreachable: .*404/);
  mirror.instead.set('/away/repodata/repomd.xml', (_, reply) =>
    reply.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  );
  expect(await troubleOf({ url: `${mirror.url}/away` })).toMatch(
    /^repo_unreachable: .*where nothing is fetched from/,
  );
  mirror.instead.set('/round/repodata/repomd.xml', (_, reply) =>
    reply.writeHead(302, { location: 'repomd.xml' }).end(),
  );
  expect(await troubleOf({ url: `${mirror.url}/round` })).toMatch(
    /^repo_unreachable: .*where nothing is fetched from/,
  );
});

test('repomd.xml must be signed by one of the keys, where that is asked for', async () => {
  const signed = await copyOf('signed');
  const day = 86_400;
  const from = 1_700_000_000;
  const usual = { type: 'ed25519', passphrase: null, created: from } as const;
  const [good, strange, old] = await Promise.all([
    makeKey({ ...usual, name: 'Good', expires: null }),
    makeKey({ ...usual, name: 'Strange', expires: null }),
    makeKey({ ...usual, name: 'Old', expires: from + day }),
  ]);
  const sign = async (by: NewKey): Promise<void> => {
    const path = join(signed, 'repodata', 'repomd.xml');
    const { armored } = await signDetached(await openSecretKey(by.secretKey), await readFile(path), {
      created: from + 60,
    });
    await writeFile(`${path}.asc`, armored);
  };
  const asked = (...keys: NewKey[]) => ({
    url: `${mirror.url}/signed`,
    keys: keys.map((one) => one.certificate.armored),
    checkRepoKey: true,
  });
  expect(await troubleOf(asked(good))).toMatch(/^repo_not_signed: /);
  await sign(good);
  expect((await lookAt(asked(strange, good))).snapshot?.packages).toBe(3);
  expect(await troubleOf(asked(strange))).toMatch(/^repo_key_unknown: /);
  mirror.instead.set('repomd.xml', (_, reply, bytes = Buffer.alloc(0)) =>
    reply.writeHead(200).end(`${bytes}\n`),
  );
  expect(await troubleOf(asked(good))).toMatch(/^repo_signature_wrong: /);
  mirror.instead.clear();
  await sign(old);
  expect(await troubleOf(asked(old))).toMatch(/^repo_key_expired: /);
});

/** A signer's desk with real packages and keys: what it signs is what rpm takes for signed, and nothing else is. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SignOrder } from '@moromi/contract';
import { joinFront, readHeaders } from '@moromi/rpm';
import { openSecretKey, verifyPackage } from '@moromi/signing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Built, rpmbuild, type Sample } from '../../../hub/src/testing/samples.ts';
import { Chain } from './chain.ts';
import type { SignerConfig } from './config.ts';
import { Desk } from './desk.ts';
import { signFolder } from './folder.ts';
import { makeSignerKey } from './make-key.ts';

const run = promisify(execFile);

let folder: string;
let alpha: Built;
let rpm: Sample;
let config: SignerConfig;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-desk-'));
  alpha = await rpmbuild(folder, { name: 'alpha' });
  const [first] = alpha.rpms.get('x86_64') ?? [];
  if (first === undefined) throw new Error('nothing was built');
  rpm = first;
  config = fresh();
  await writeRules(config, 'packages = ["alpha"]\nfiles = ["repomd.xml", "notes.txt"]');
  await makeSignerKey(config, { name: 'one', type: 'rsa3072', lifetime: 86_400 });
  for (const one of [rpm, alpha.srpm]) await writeFile(pathOf(one.sha256), one.bytes);
});
afterAll(() => rm(folder, { recursive: true }));

function fresh(): SignerConfig {
  const home = join(folder, `signer-${++count}`);
  const rules = join(folder, `rules-${count}.toml`);
  return { home, rules, journal: join(home, 'journal'), gnupgKeys: [], maxPackageMb: 100 };
}
const writeRules = (to: SignerConfig, more: string) =>
  writeFile(to.rules, `[[allow]]\nname = "usual"\nkeys = ["one"]\ntags = ["f1"]\n${more}\n`);
const pathOf = (sha256: string) => join(folder, sha256);
const order = (key: string, more: Partial<SignOrder> = {}): SignOrder => ({
  key,
  form: 'header',
  rpm: null,
  packages: [packageOf(rpm)],
  files: [],
  ...more,
});
const packageOf = ({ sha256, bytes, name }: Sample, tag: string | null = 'f1') => ({
  sha256,
  size: bytes.length,
  name,
  tag,
  nevra: name.replace(/\.rpm$/, ''),
  package: 'alpha',
  nvr: 'alpha-1-1',
});
const from = { task: 1, attempt: 1 };
const never = new AbortController().signal;
const lines = async (of: SignerConfig) => {
  const found = [];
  for await (const line of new Chain(of.journal).lines()) found.push(line);
  return found;
};

/** The package as it is with a signature header. */
async function joined(one: Sample, header: string): Promise<string> {
  const headers = await readHeaders(pathOf(one.sha256));
  const front = joinFront(headers, Buffer.from(header, 'base64'));
  const path = join(folder, `${one.name}.signed`);
  await writeFile(path, Buffer.concat([front.bytes, one.bytes.subarray(front.rest)]));
  return path;
}

describe('a desk', () => {
  test('signs what its rules allow, and rpm takes it for signed', async () => {
    await using desk = await Desk.open(config);
    const [fingerprint = ''] = desk.fingerprints;
    const packages = [packageOf(rpm), packageOf(alpha.srpm)];
    const { packages: made } = await desk.sign(order(fingerprint, { packages }), pathOf, from, never);
    const ring = join(folder, 'ring');
    await writeFile(ring, desk.offered.keys[0]?.armor ?? '');
    await run('rpmkeys', ['--dbpath', join(folder, 'db'), '--import', ring]);
    for (const one of [rpm, alpha.srpm]) {
      const path = await joined(one, made.find(({ sha256 }) => sha256 === one.sha256)?.header ?? '');
      const { stdout } = await run('rpmkeys', [
        '--dbpath',
        join(folder, 'db'),
        '--define',
        '_pkgverify_level all',
        '-K',
        path,
      ]);
      expect(stdout).toContain('digests signatures OK');
    }
    expect((await lines(config)).slice(-4)).toMatchObject([
      { event: 'signing', name: 'alpha-1-1.x86_64', rule: 'usual', task: 1 },
      { event: 'signing', name: 'alpha-1-1.src' },
      { event: 'signed', key: fingerprint, sha256: rpm.sha256 },
      { event: 'signed' },
    ]);
    expect(await new Chain(config.journal).verify()).toHaveProperty('lines');
  });

  test('refuses what its rules do not allow, goes on with the rest, and notes why', async () => {
    await using desk = await Desk.open(config);
    const [fingerprint = ''] = desk.fingerprints;
    const packages = [packageOf(rpm, 'f2'), packageOf(alpha.srpm)];
    const { packages: made } = await desk.sign(order(fingerprint, { packages }), pathOf, from, never);
    expect(made).toMatchObject([{ refused: { code: 'not_allowed' } }, { header: expect.any(String) }]);
    expect((await lines(config)).slice(-3)).toMatchObject([
      { event: 'refused', code: 'not_allowed', tag: 'f2' },
      { event: 'signing' },
      { event: 'signed' },
    ]);
  });

  test('believes the file and not the hub', async () => {
    await using desk = await Desk.open(config);
    const [fingerprint = ''] = desk.fingerprints;
    const lie = { ...packageOf(rpm), nevra: 'bash-5-1.x86_64' };
    const { packages } = await desk.sign(order(fingerprint, { packages: [lie] }), pathOf, from, never);
    expect(packages).toMatchObject([{ refused: { code: 'order_wrong' } }]);
    await writeRules(config, 'packages = ["bash"]');
    const said = { ...packageOf(rpm), package: 'bash' };
    const again = await desk.sign(order(fingerprint, { packages: [said] }), pathOf, from, never);
    expect(again.packages).toMatchObject([{ refused: { code: 'not_allowed' } }]);
    await writeRules(config, 'packages = ["alpha"]\nfiles = ["repomd.xml", "notes.txt"]');
  });

  test('does not sign a package that is damaged', async () => {
    await using desk = await Desk.open(config);
    const [fingerprint = ''] = desk.fingerprints;
    const bytes = Buffer.from(rpm.bytes);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
    await writeFile(join(folder, 'damaged'), bytes);
    const packages = [packageOf(rpm), packageOf(alpha.srpm)];
    const paths = (sha256: string) => (sha256 === rpm.sha256 ? join(folder, 'damaged') : pathOf(sha256));
    const made = await desk.sign(order(fingerprint, { packages }), paths, from, never);
    expect(made.packages).toMatchObject([
      { refused: { code: 'package_damaged' } },
      { header: expect.any(String) },
    ]);
  });

  test('signs no more in an hour than its rule says, though it was started again', async () => {
    const own = fresh();
    await writeRules(own, 'packages = ["*"]\nper_hour = 1');
    await cp(join(config.home, 'keys'), join(own.home, 'keys'), { recursive: true });
    for (const said of [{ header: expect.any(String) }, { refused: { code: 'rate_exceeded' } }]) {
      await using desk = await Desk.open(own);
      const { packages } = await desk.sign(order(desk.fingerprints[0] ?? ''), pathOf, from, never);
      expect(packages).toMatchObject([said]);
    }
  });

  test('signs nothing without rules, and nothing by a key that it has not', async () => {
    const own = fresh();
    await expect(Desk.open(own)).rejects.toMatchObject({ code: 'rules_unreadable' });
    await using desk = await Desk.open(config);
    await expect(desk.sign(order('0'.repeat(40)), pathOf, from, never)).rejects.toMatchObject({
      code: 'key_missing',
    });
  });

  test('signs other files that its rules name: beside them, or around their text', async () => {
    await using desk = await Desk.open(config);
    const [{ fingerprint = '', signer } = { fingerprint: undefined, signer: undefined }] = desk.keyring.keys;
    await writeFile(join(folder, 'aa'), 'a text\n');
    const file = { sha256: 'aa', size: 7, name: 'notes.txt', tag: 'f1' };
    const files = [
      { ...file, form: 'detached' as const },
      { ...file, sha256: 'ab', form: 'clear' as const },
      { ...file, sha256: 'ac', name: 'other.txt', form: 'clear' as const },
    ];
    const paths = () => join(folder, 'aa');
    const made = await desk.sign(order(fingerprint ?? '', { packages: [], files }), paths, from, never);
    expect(made.files[2]).toMatchObject({ refused: { code: 'not_allowed' } });
    const home = await mkdtemp(join(tmpdir(), 'gpg-'));
    const env = { PATH: process.env['PATH'], GNUPGHOME: home };
    try {
      await writeFile(join(home, 'key'), signer?.certificate.armored ?? '');
      await writeFile(join(home, 'sig'), made.files[0]?.signature ?? '');
      await writeFile(join(home, 'clear'), made.files[1]?.signature ?? '');
      await run('gpg', ['--batch', '--import', join(home, 'key')], { env });
      await run('gpg', ['--batch', '--verify', join(home, 'sig'), join(folder, 'aa')], { env });
      const { stdout } = await run('gpg', ['--batch', '--decrypt', join(home, 'clear')], { env });
      expect(stdout).toBe('a text\n');
    } finally {
      await run('gpgconf', ['--kill', 'all'], { env }).catch(() => {});
      await rm(home, { recursive: true });
    }
  });

  test('signs no header of a package as a file, nor anything else as repomd.xml, whatever its rules say', async () => {
    const own = fresh();
    await writeRules(own, 'files = ["*"]');
    await cp(join(config.home, 'keys'), join(own.home, 'keys'), { recursive: true });
    await using desk = await Desk.open(own);
    const { header } = await readHeaders(pathOf(rpm.sha256));
    const xml =
      '<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo"/>\n';
    const cases: [name: string, bytes: Uint8Array | string, refused: boolean][] = [
      ['notes.txt', header.bytes, true],
      ['notes.txt', Buffer.concat([header.bytes, Buffer.from('payload')]), true],
      ['notes.txt', rpm.bytes, true],
      ['el9/repomd.xml', 'a text\n', true],
      ['el9/repomd.xml', '<?xml version="1.0"?>\n<other>&lt;repomd></other>\n', true],
      ['el9/repomd.xml', xml, false],
      ['empty.txt', '', false],
    ];
    for (const [n, [, bytes]] of cases.entries()) await writeFile(join(folder, `case-${n}`), bytes);
    const about = { tag: 'f1', form: 'detached' as const };
    const files = cases.map(([name, bytes], n) => ({
      ...about,
      sha256: `case-${n}`,
      size: bytes.length,
      name,
    }));
    const made = await desk.sign(
      order(desk.fingerprints[0] ?? '', { packages: [], files }),
      pathOf,
      from,
      never,
    );
    expect(made.files.map((one) => ('refused' in one ? one.refused?.code : 'signed'))).toEqual(
      cases.map(([, , refused]) => (refused ? 'file_unfit' : 'signed')),
    );
  });
});

describe('a key that a signer makes', () => {
  test('has a backup that opens with its own passphrase, and is never written over', async () => {
    const own = { ...fresh(), passphrase: 'at rest' };
    const made = await makeSignerKey(own, { name: 'two', type: 'ed25519', lifetime: null });
    const backup = await readFile(made.backup, 'utf8');
    const opened = await openSecretKey(backup, { passphrase: made.backupPassphrase ?? '' });
    expect(opened.certificate.fingerprint).toBe(made.fingerprint);
    await expect(openSecretKey(backup, { passphrase: 'at rest' })).rejects.toMatchObject({
      code: 'passphrase_wrong',
    });
    await expect(makeSignerKey(own, { name: 'two', type: 'ed25519', lifetime: null })).rejects.toThrow(
      /there already/,
    );
    await writeRules(own, 'packages = ["*"]');
    await using desk = await Desk.open(own);
    expect(desk.fingerprints).toEqual([made.fingerprint]);
    await expect(Desk.open({ ...own, passphrase: 'wrong' })).rejects.toThrow(/the key two: .*passphrase/);
  });
});

test('a folder that was carried here is signed beside its packages, if they are those that were exported', async () => {
  const carried = await mkdtemp(join(folder, 'carried-'));
  await using desk = await Desk.open(config);
  const [fingerprint = ''] = desk.fingerprints;
  await writeFile(join(carried, rpm.name), rpm.bytes);
  await writeFile(join(carried, 'unsigned.json'), JSON.stringify({ order: order(fingerprint) }));
  expect(await signFolder(desk, carried, never)).toEqual({ signed: [rpm.name], refused: [] });
  const header = await readFile(join(carried, `${rpm.name}.sig`));
  const path = await joined(rpm, header.toString('base64'));
  const { verdict } = await verifyPackage(
    path,
    desk.keyring.keys.map((one) => one.signer.certificate),
  );
  expect(verdict.code).toBe('good');
  await writeFile(join(carried, rpm.name), Buffer.concat([rpm.bytes, Buffer.from('x')]));
  await expect(signFolder(desk, carried, never)).rejects.toThrow(/not the file that was exported/);
});

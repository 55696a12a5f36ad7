import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { zstd } from '../compose/pack.ts';
import type { ExtraRecord } from '../compose/repository.ts';
import { readRepomd } from '../repomd.ts';
import { composeFolder } from '../testing/composed.ts';
import { type RealisticPackage, realisticPackages } from '../testing/realistic.ts';
import { compsRecord } from './comps.ts';
import { extraRecord, productidRecord } from './extra.ts';
import { modulesRecord } from './modules.ts';
import type { Update } from './update.ts';
import { updateinfoRecord } from './updateinfo.ts';

let dir = '';
let packages: RealisticPackage[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'moromi-records-'));
  packages = [...realisticPackages(5, 8)];
});

afterAll(() => rm(dir, { recursive: true, force: true }));

async function repository(name: string, extra: readonly ExtraRecord[]): Promise<string> {
  await composeFolder(
    join(dir, name),
    packages.map((one) => [one.member, one.entries] as const),
    extra,
  );
  return join(dir, name);
}

function dnf(folder: string, ...words: string[]): string {
  const options = [
    ...[
      '--quiet',
      `--repofrompath=t,file://${folder}`,
      '--repo=t',
      '--setopt=module_platform_id=platform:m9',
    ],
    ...[
      `--setopt=cachedir=${folder}/cache`,
      `--installroot=${folder}/root`,
      '--releasever=9',
      '--forcearch=x86_64',
    ],
  ];
  return execFileSync('dnf', [...options, ...words], {
    timeout: 120_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();
}

const comps = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
<comps>
  <group>
    <id>build</id><name>Build &amp; more</name><description/><default>false</default><uservisible>true</uservisible>
    <packagelist><packagereq type="mandatory">bash</packagereq><packagereq type="optional">make</packagereq></packagelist>
  </group>
</comps>
`);

test('dnf lists the groups', async () => {
  const folder = await repository('groups', [compsRecord(comps)]);
  expect(dnf(folder, 'group', 'info', 'build')).toMatch(/Group: Build & more[\s\S]*bash[\s\S]*make/);
});

const module = (stream: string, version: string) => `---
document: modulemd
version: 2
data:
  name: ruby
  stream: "${stream}"
  version: ${version}
  context: c0ffee42
  arch: x86_64
  summary: A language
  description: >-
    Of jewels.
  license:
    module:
      - MIT
    content:
      - MIT
  dependencies:
    - requires:
        platform: []
  profiles:
    common:
      rpms:
        - ruby
  artifacts:
    rpms:
      - ruby-0:3.1.0-1.module_m9+1.x86_64
...
`;
const defaults = `---
document: modulemd-defaults
version: 1
data:
  module: ruby
  stream: "3.10"
  modified: 202611220300
  profiles:
    "3.10": [common]
...
`;

test('dnf lists the modules', async () => {
  const files = [module('3.1', '1'), module('3.10', '2') + defaults].map((text) => Buffer.from(text));
  const listed = dnf(await repository('modules', [modulesRecord(files)]), 'module', 'list');
  expect(listed).toMatch(/^ruby\s+3\.1\s+common\s+A language/m);
  expect(listed).toMatch(/^ruby\s+3\.10 \[d\]\s+common \[d\]\s+A language/m);
});

function advisory(): Update {
  const member = packages[0]?.member;
  if (member === undefined) throw new Error('there is no package');
  const { name, epoch, version, release, arch } = member;
  const about = { name, epoch, version, release, arch, src: null, filename: `${name}.rpm`, sum: null };
  const suggested = { rebootSuggested: true, restartSuggested: false, reloginSuggested: false };
  return {
    ...{ id: 'MRSA-2026:1', from: 'a@example.org', status: 'final', type: 'security', version: '2' },
    ...{
      title: 'A title & more',
      issued: '2026-11-22 01:02:03',
      updated: '2026-11-23 01:02:03',
      rights: null,
    },
    ...{
      release: 'Moromi 9',
      pushcount: null,
      severity: 'Important',
      summary: null,
      description: 'Two\nlines <b>',
    },
    ...{ solution: null, rebootSuggested: true },
    references: [{ href: 'https://example.org/CVE-2026-1', id: 'CVE-2026-1', type: 'cve', title: 'CVE "1"' }],
    collections: [{ short: 'm9', name: 'Moromi 9', module: null, packages: [{ ...about, ...suggested }] }],
  };
}

test('dnf understands the advisories, packed with gzip or zstd', async () => {
  for (const compression of [undefined, zstd]) {
    const record = updateinfoRecord([advisory()], compression);
    const folder = await repository(`updates-${compression?.type}`, [record]);
    const program = `
import hawkey, json, os, sys, tempfile, warnings
warnings.simplefilter('ignore')
folder = sys.argv[1] + '/repodata/'
def named(word): return folder + [n for n in os.listdir(folder) if word in n][0]
with tempfile.TemporaryDirectory() as cache:
    sack = hawkey.Sack(make_cache_dir=False, cachedir=cache)
    repo = hawkey.Repo('t')
    repo.repomd_fn, repo.primary_fn, repo.updateinfo_fn = named('repomd'), named('primary'), named('updateinfo')
    sack.load_repo(repo, build_cache=False, load_updateinfo=True)
    [a] = {a.id: a for p in hawkey.Query(sack) for a in p.get_advisories(hawkey.GT | hawkey.EQ)}.values()
    types = {hawkey.ADVISORY_SECURITY: 'security'}
    print(json.dumps([a.id, types[a.type], a.severity, a.title, a.description, str(a.updated),
        [[r.url, r.id, r.title, r.type == hawkey.REFERENCE_CVE] for r in a.references],
        [[p.name, p.evr, p.arch, p.filename] for p in a.packages]]))
`;
    const stdout = execFileSync('/usr/bin/python3', ['-c', program, folder], { timeout: 60_000 });
    const { name = '', epoch, version, release, arch } = packages[0]?.member ?? {};
    expect(JSON.parse(stdout.toString())).toEqual([
      ...['MRSA-2026:1', 'security', 'Important', 'A title & more', 'Two\nlines <b>', '2026-11-23 01:02:03'],
      [['https://example.org/CVE-2026-1', 'CVE-2026-1', 'CVE "1"', true]],
      [[name, `${epoch === 0 ? '' : `${epoch}:`}${version}-${release}`, arch, `${name}.rpm`]],
    ]);
  }
});

test('dnf chooses packages by advisory and severity', async () => {
  const folder = await repository('listed', [updateinfoRecord([advisory()])]);
  expect(dnf(folder, 'repoquery', '--advisory=MRSA-2026:1', '--qf=%{name}').trim()).toBe(
    packages[0]?.member.name,
  );
  expect(dnf(folder, 'repoquery', '--sec-severity=Low', '--qf=%{name}').trim()).toBe('');
});

test('modifyrepo_c keeps all of them when it adds another', async () => {
  const certificate = Buffer.from('-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n');
  const extra = [
    compsRecord(comps),
    updateinfoRecord([advisory()]),
    productidRecord(certificate),
    extraRecord('pkgorigins', 'pkgorigins', Buffer.from('a\tb\n')),
  ];
  const folder = await repository('kept', extra);
  const before = await recordsOf(folder);
  const more = join(dir, 'more.txt');
  await writeFile(more, 'more of it\n');
  const options = ['--mdtype=more', more, join(folder, 'repodata')];
  execFileSync('modifyrepo_c', options, { timeout: 60_000, stdio: 'ignore' });
  const after = await recordsOf(folder);
  expect(before.size).toBe(3 + extra.length);
  expect(after.delete('more')).toBe(true);
  expect(Object.fromEntries(after)).toEqual(Object.fromEntries(before));
});

async function recordsOf(folder: string): Promise<Map<string, string>> {
  const { records } = readRepomd(await readFile(join(folder, 'repodata', 'repomd.xml')));
  return new Map(records.map(({ type, checksum }) => [type, checksum]));
}

test('extra records have a name and bytes, packed or not', () => {
  const plain = Buffer.from('x');
  const packed = extraRecord('appstream', 'appstream.xml', plain);
  expect(packed).toMatchObject({ type: 'appstream', fileName: 'appstream.xml.gz', plain });
  expect(gunzipSync(packed.packed)).toEqual(plain);
  expect(extraRecord('a', 'b', plain, null)).toEqual({ type: 'a', fileName: 'b', plain, packed: plain });
  for (const type of ['primary', '', '../x', 'A b'])
    expect(() => extraRecord(type, 'x', plain)).toThrow('type');
  for (const name of ['', '../x', 'a/b', '.x', 'a..b'])
    expect(() => extraRecord('x', name, plain)).toThrow('name');
  expect(() => productidRecord(Buffer.from('x'))).toThrow('no certificate');
});

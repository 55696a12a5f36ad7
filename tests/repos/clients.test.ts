/** Repositories that are shipped, as dnf, its plugins, createrepo_c and rpm read them over HTTP. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { DistDefinition } from '@moromi/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRepomd } from '../../packages/repodata/src/index.ts';
import { understood } from '../../packages/repodata/src/testing/oracle.ts';
import { checkPromises } from '../harness/promises.ts';
import { System } from '../harness/system.ts';
import { SignerPlace } from '../signing/place.ts';
import { newClient, repoFile } from './client.ts';

const run = promisify(execFile);

let system: System;
let place: SignerPlace;
beforeAll(async () => {
  system = await System.start();
  place = await SignerPlace.make(system);
  await makeKey();
  await buildAll();
  // The small distribution keeps libraries where Debian does, so no rule tells that programs load them.
  const white = ['libgreet-libs'];
  const multilib = { x86_64: { arch: 'i686', method: 'devel' as const, white, black: [] } };
  const signed = { keys: ['release'], repoKey: 'release' };
  const made: [string, Partial<DistDefinition>][] = [
    ['plain', { layout: 'plain', compression: 'gzip' }],
    ['hashed', { layout: 'hashed', compression: 'zstd' }],
    ['signed', { layout: 'hashed', compression: 'gzip', ...signed }],
    ['signed-zstd', { layout: 'plain', compression: 'zstd', ...signed }],
  ];
  for (const [name, more] of made)
    await system.client.call('createDist', {
      body: { name, tag: 'el9', definition: { arches: ['x86_64'], multilib, ...more } },
    });
  for (const [name] of made) await shown(name);
}, 1_200_000);
afterAll(async () => {
  try {
    if (system !== undefined) await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  } finally {
    await place?.stopAll();
    await system?.stop();
    await place?.[Symbol.asyncDispose]();
  }
});

async function makeKey(): Promise<void> {
  const said = await place.signer('make-key', 'release', '--type', 'rsa4096', '--expires', '1y');
  const fingerprint = /Made release: ([0-9a-f]{40})/.exec(said)?.[1] ?? '';
  await place.start();
  for (const words of [
    ['add-key', 'release', '--offered', fingerprint],
    ['set-tag-key', 'el9', 'release'],
  ]) {
    const { code, out } = await system.cli(words);
    if (code !== 0) throw new Error(`${words.join(' ')}: ${out}`);
  }
}

/** A library with parts for both architectures, one for all, debugging packages; and what needs it. */
async function buildAll(): Promise<void> {
  const first = await Promise.all([system.submit('libgreet'), system.submit('notes')]);
  // Where 32-bit programs are emulated a compiler takes its time.
  for (const { id } of first) await system.published(id, 300_000);
  const { id } = await system.submit('greet-app', { arches: ['x86_64'] });
  await system.published(id);
  for (const one of [...first.map((build) => build.id), id]) await system.event(one, /^build\.signed$/);
}

/** All its packages are in the revision that is shown. */
async function shown(name: string): Promise<void> {
  await system.until(`${name} shows all`, async () => {
    const { revision } = await system.client.call('getDist', { params: { name } });
    return (revision !== null && revision.unsigned.length === 0) || undefined;
  });
}

const all = ['plain', 'hashed', 'signed', 'signed-zstd'];

describe.each(all)('from the repository %s', (name) => {
  test('dnf installs packages, and what is debugged with them', async () => {
    const file = await repoFile(system, name);
    const checks = name.startsWith('signed') ? 1 : 0;
    expect(file).toContain(`\ngpgcheck=${checks}\nrepo_gpgcheck=${checks}\n`);
    const client = await newClient(system, file);
    await client.dnf('install', 'greet-app', 'libgreet-devel', 'notes');
    expect(await client.dnf('debuginfo-install', 'greet-app', 'libgreet-libs')).toMatch(
      new RegExp(`enabling ${name}-debuginfo repository`),
    );
    const installed = await client.query('%{NAME}.%{ARCH} %{SIGPGP:pgpsig}%{RSAHEADER:pgpsig}', '--all');
    const own = installed.filter((one) => /greet|notes/.test(one));
    expect(own.map((one) => one.split(' ')[0])).toEqual([
      ...['greet-app-debuginfo.x86_64', 'greet-app-debugsource.x86_64', 'greet-app.x86_64'],
      ...['libgreet-debuginfo.x86_64', 'libgreet-debugsource.x86_64', 'libgreet-devel.x86_64'],
      ...['libgreet-libs.x86_64', 'notes.noarch'],
    ]);
    expect(own.filter((one) => one.includes('RSA/SHA256'))).toHaveLength(checks * own.length);
  });
});

test('every package finds what it needs, in each of them', async () => {
  for (const name of all) {
    const client = await newClient(system, await repoFile(system, name), base('i686'));
    expect(
      await client.dnf('repoclosure', `--check=${name}`, '--arch=x86_64', '--arch=i686', '--arch=noarch'),
    ).not.toMatch(/unresolved/);
    expect(await client.dnf('-q', 'repoquery', `--repo=${name}`, '--qf=%{name}.%{arch}', '*')).toBe(
      [
        ...['greet-app.x86_64', 'libgreet-devel.i686', 'libgreet-devel.x86_64', 'libgreet-doc.noarch'],
        ...['libgreet-libs.i686', 'libgreet-libs.x86_64', 'notes.noarch', ''],
      ].join('\n'),
    );
  }
});

const base = (arch: string): string =>
  `[base-${arch}]\nname=base\nbaseurl=${system.externalUrl().replace('$arch', arch)}\ngpgcheck=0\n`;

test('reposync brings all of it, and what createrepo_c makes of that says the same', async () => {
  const client = await newClient(system, await repoFile(system, 'signed'));
  await client.trust(await (await fetch(`${system.url}/api/v1/keys/release/public`)).text());
  const folder = join(system.dir, 'synced');
  const trees = ['signed', 'signed-debuginfo', 'signed-source'];
  await client.dnf(
    ...['reposync', ...trees.map((one) => `--repo=${one}`), `--download-path=${folder}`],
    ...['--download-metadata', '--gpgcheck'],
  );
  const packages: Record<string, number> = {};
  for (const tree of trees) {
    const at = join(folder, tree);
    const ours = await understood(at);
    packages[tree] = ours.length;
    await rename(join(at, 'repodata'), join(at, 'ours'));
    await run('createrepo_c', ['--quiet', '--no-database', at], { timeout: 60_000 });
    // The time of a file is that of its copy; everything else is of its bytes.
    expect(await understood(at)).toEqual(ours);
  }
  expect(packages).toEqual({ signed: 7, 'signed-debuginfo': 6, 'signed-source': 3 });
});

test('createrepo_c takes our metadata for its own', async () => {
  const client = await newClient(system, await repoFile(system, 'plain'));
  const folder = join(system.dir, 'updated');
  await client.dnf('reposync', '--repo=plain', `--download-path=${folder}`, '--download-metadata');
  const tree = join(folder, 'plain');
  const ours = await understood(tree);
  // Whatever it does not take from there it would have to read from files that are empty now.
  for (const one of await readdir(join(tree, 'Packages'))) await writeFile(join(tree, 'Packages', one), '');
  const options = ['--quiet', '--no-database', '--update', '--skip-stat', tree];
  await run('createrepo_c', options, { timeout: 60_000 });
  expect(await understood(tree)).toEqual(ours);
});

test('mergerepo_c merges them', async () => {
  const folder = join(system.dir, 'merged');
  const trees = ['x86_64/os', 'x86_64/debug/tree'].map(
    (tree) => `--repo=${system.url}/dist/plain/latest/${tree}/`,
  );
  await run('mergerepo_c', ['--all', '--no-database', `--outputdir=${folder}`, ...trees], {
    timeout: 60_000,
  });
  expect(await understood(folder)).toHaveLength(13);
});

describe('dnf refuses', () => {
  test('packages that are not signed where signatures are demanded', async () => {
    const key = `${system.url}/api/v1/keys/release/public`;
    const file = (await repoFile(system, 'plain')).replaceAll(
      'gpgcheck=0\nrepo_',
      `gpgcheck=1\ngpgkey=${key}\nrepo_`,
    );
    const client = await newClient(system, file);
    await expect(client.dnf('install', 'notes')).rejects.toThrow(/notes-3-1\.el9\.noarch\.rpm is not signed/);
  });

  test('metadata that somebody has changed', async () => {
    const tree = join(system.dir, 'tampered', 'repodata');
    await mkdir(tree, { recursive: true });
    const from = `${system.url}/dist/signed/latest/x86_64/os/repodata/`;
    const bytes = async (name: string) => Buffer.from(await (await fetch(from + name)).arrayBuffer());
    const repomd = await bytes('repomd.xml');
    for (const { href } of readRepomd(repomd).records)
      await writeFile(join(tree, basename(href)), await bytes(basename(href)));
    await writeFile(join(tree, 'repomd.xml.asc'), await bytes('repomd.xml.asc'));
    const about = `[copied]\nname=copied\nbaseurl=file://${join(tree, '..')}\ngpgcheck=1\nrepo_gpgcheck=1\n`;
    const file = `${about}gpgkey=${system.url}/api/v1/keys/release/public\n`;
    const listed = async () =>
      await (await newClient(system, file)).dnf('-q', 'repoquery', '--repo=copied', '--qf=%{name}', 'notes');
    await writeFile(join(tree, 'repomd.xml'), repomd);
    expect(await listed()).toContain('notes');
    const changed = repomd.toString().replace(/<revision>\d+/, (text) => `${text}0`);
    await writeFile(join(tree, 'repomd.xml'), changed);
    await expect(listed()).rejects.toThrow(/signature verification error/i);
  });
});

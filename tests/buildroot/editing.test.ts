/** A release that is raised before the source package is made anew, and builds for noarch, by both drivers. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BuildFailure,
  createMockDriver,
  createNativeDriver,
  type Driver,
  type SpecEdit,
} from '../../packages/buildroot/src/index.ts';
import { bumpRelease } from '../../packages/rpm/src/index.ts';
import { build, type Machine, makeMachine, never, smallGroups } from './machine.ts';

const standIn = fileURLToPath(new URL('../../packages/buildroot/fixtures/mock-stand-in', import.meta.url));
let machine: Machine;

beforeAll(() => {
  machine = makeMachine(['logged', 'like-kernel']);
  chmodSync(machine.dir, 0o755);
  // A copy, because the checkout may lie where another user cannot look.
  copyFileSync(standIn, join(machine.dir, 'mock'));
});
afterAll(() => machine.remove());

const raise: SpecEdit = (spec) =>
  bumpRelease(spec, {
    author: 'Łukasz Builder <builder@example.org>',
    date: new Date('2026-11-21T12:00:00Z'),
    text: 'Rebuilt for 100%% of it\nand %(touch /tmp/x)',
  }).spec;

function mockDriver(): Driver {
  return createMockDriver({
    home: join(machine.dir, 'mock-home'),
    mockCommand: join(machine.dir, 'mock'),
    user: { uid: 65534, gid: 65534, name: 'nobody', home: '/' },
  });
}

const drivers: [string, () => Driver][] = [
  ['the native driver', () => createNativeDriver({ home: machine.home })],
  ['the mock driver', mockDriver],
];
const all: typeof drivers = [
  ...drivers,
  [
    'the native driver without overlayfs and namespaces',
    () => createNativeDriver({ home: machine.home, roots: 'copy', isolation: 'chroot' }),
  ],
];

test.each(all)('with %s the new source package has the raised release and the new entry', async (_, make) => {
  const root = await make().open(machine.order({ groups: smallGroups }));
  try {
    const { srpm } = await root.buildSource(machine.sample('logged'), never, raise);
    expect(srpm).toMatch(/\/logged-1\.0-2\.el9\.src\.rpm$/);
    const args = ['-qp', '--nosignature', '--changelog', srpm];
    const log = execFileSync('rpm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(log).toBe(
      [
        '* Sat Nov 21 2026 Łukasz Builder <builder@example.org> - 1.0-2',
        '- Rebuilt for 100%% of it',
        '- and %(touch /tmp/x)',
        '',
        '* Mon Jan 06 2025 Jürgen Nobody <nobody@example.org> - 1.0-1',
        '- first',
        '',
        '',
      ].join('\n'),
    );
  } finally {
    await root.destroy();
  }
});

describe.each(drivers)('with %s', (_, make) => {
  let driver: Driver;
  beforeAll(() => {
    driver = make();
  });

  test('a spec that the edit refuses is that failure', async () => {
    const root = await driver.open(machine.order({ groups: smallGroups }));
    const refuse = (): string => {
      throw new BuildFailure('no_release', 'it has none');
    };
    const step = root.buildSource(machine.sample('logged'), never, refuse);
    await expect(step).rejects.toMatchObject({ code: 'no_release', fault: 'package' });
    await root.destroy();
  });

  test('what is built for noarch are noarch packages alone', async () => {
    const order = machine.order({ groups: smallGroups, target: 'noarch' });
    const { names } = await build(driver, order, 'buildBinary', machine.sample('like-kernel'));
    expect(names).toEqual(['like-kernel-1.0-1.el9.src.rpm', 'like-kernel-doc-1.0-1.el9.noarch.rpm']);
    expect(machine.log(order, 'build.log')).toMatch(/^built for noarch$/m);
  });
});

test('without a target the same source package is built for the architecture', async () => {
  const order = machine.order({ groups: smallGroups });
  const driver = createNativeDriver({ home: machine.home });
  const { names } = await build(driver, order, 'buildBinary', machine.sample('like-kernel'));
  expect(names).toEqual(['like-kernel-1.0-1.el9.src.rpm', 'like-kernel-1.0-1.el9.x86_64.rpm']);
});

test('the mock driver unpacks nothing whose name leads out of its folder', async () => {
  const forged = join(machine.dir, 'forged.src.rpm');
  writeFileSync(forged, renamed(readFileSync(machine.sample('logged')), 'logged.spec', '../ged.spec'));
  const driver = mockDriver();
  for (const edit of [undefined, raise]) {
    const root = await driver.open(machine.order({ id: 'led-out' }));
    await expect(root.buildSource(forged, never, edit)).rejects.toMatchObject({
      code: 'srpm_damaged',
      message: 'the source package holds names that lead out of a folder',
    });
    await root.destroy();
  }
  expect(existsSync(join(machine.dir, 'mock-home', 'work', 'ged.spec'))).toBe(false);
});

/** The package with one name of its header changed, and the header's digests made right again. */
function renamed(bytes: Buffer, from: string, to: string): Buffer {
  const magic = Buffer.from('8eade801', 'hex');
  const at = bytes.indexOf(magic, bytes.indexOf(magic) + 1);
  const end = at + 16 + 16 * bytes.readUInt32BE(at + 8) + bytes.readUInt32BE(at + 12);
  const before = bytes.subarray(at, end);
  const after = Buffer.from(before.toString('latin1').replaceAll(from, to), 'latin1');
  let signature = bytes.subarray(0, at).toString('latin1');
  const rest = bytes.subarray(end);
  for (const algorithm of ['sha256', 'sha1']) {
    const digest = (header: Buffer): string => createHash(algorithm).update(header).digest('hex');
    signature = signature.replace(digest(before), digest(after));
  }
  const md5 = (header: Buffer): string =>
    createHash('md5').update(header).update(rest).digest().toString('latin1');
  signature = signature.replace(md5(before), () => md5(after));
  return Buffer.concat([Buffer.from(signature, 'latin1'), after, rest]);
}

import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createNativeDriver, type Driver } from '../../packages/buildroot/src/index.ts';
import { failing } from './failing.ts';
import { build, expectTaken, type Machine, nativeForAll, never, smallGroups } from './machine.ts';

let machine: Machine;
let driver: Driver;
nativeForAll((made, native) => {
  machine = made;
  driver = native;
});

const rpm = (...args: string[]): string =>
  execFileSync('rpm', [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

test('the probe finds what this machine allows', async () => {
  const probe = await driver.probe();
  expect(probe).toMatchObject({ driver: 'native', usable: true, problems: [] });
  expect(Object.keys(probe.versions)).toEqual(
    expect.arrayContaining(['rpm', 'python3-dnf', 'bwrap', 'node']),
  );
});

describe('a build that goes well', () => {
  test('rebuilds a source package with the %dist of the target', async () => {
    const order = machine.order();
    const { names, installed } = await build(driver, order, 'buildSource', machine.sample('notes'));
    expect(names).toEqual(['notes-1.0-1.el9.src.rpm']);
    expect(installed.some((nevra) => nevra.startsWith('bash-'))).toBe(true);
    expect(machine.log(order, 'state.log')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z - Start: resolve$/m);
    expect(machine.log(order, 'state.log')).toContain('- Finish: buildsrpm');
    expect(machine.log(order, 'build.log')).toContain('Wrote: /builddir/build/SRPMS/notes-1.0-1.el9.src.rpm');
    expect(machine.log(order, 'hw_info.log')).toContain('cpu: ');
    expect(machine.log(order, 'installed_pkgs.log')).toMatch(/^bash-\S+ [0-9a-f]{64} base$/m);
  });

  test('builds a program with its debuginfo package, which holds the debug information', async () => {
    const root = await driver.open(machine.order());
    try {
      const { srpm, rpms } = await root.buildBinary(machine.sample('hello-c'), never);
      expect(srpm).toMatch(/hello-c-1\.0-1\.el9\.src\.rpm$/);
      const names = rpms.map((path) => path.replace(/.*\//, ''));
      expect(names).toContain('hello-c-1.0-1.el9.x86_64.rpm');
      expect(names).toContain('hello-c-debuginfo-1.0-1.el9.x86_64.rpm');
      for (const path of rpms) {
        expect(rpm('-qp', '--qf', '%{SOURCERPM} %{VENDOR}', path)).toBe(
          'hello-c-1.0-1.el9.src.rpm Moromi tests',
        );
      }
      const debug = rpm('-qpl', ...rpms.filter((path) => path.includes('-debug')));
      expect(debug).toMatch(/\/usr\/lib\/debug\/.*hello-c.*\.debug/);
      expect(debug).toMatch(/hello\.c$/m);
    } finally {
      await root.destroy();
    }
    expect(readdirSync(join(machine.home, 'work'))).toEqual([]);
  });

  test('builds for i686 in a root that believes to be one', async () => {
    const order = machine.order({ arch: 'i686' });
    const { names } = await build(driver, order, 'buildBinary', machine.sample('plain-c'));
    expect(names).toContain('plain-c-1.0-1.el9.i686.rpm');
    expect(names).toContain('plain-c-debuginfo-1.0-1.el9.i686.rpm');
    expect(machine.log(order, 'build.log')).toMatch(/^i686$[\s\S]*^4$/m);
  });

  test.each(['dyn-br', 'dyn-two'])('installs generated BuildRequires in rounds: %s', async (name) => {
    const order = machine.order();
    const root = await driver.open(order);
    try {
      const { srpm, rpms } = await root.buildBinary(machine.sample(name), never);
      expect(rpms).toHaveLength(1);
      // The source package says what was generated, so that another machine can rebuild the same root.
      expect(rpm('-qpR', srpm)).toContain('pkgconfig(zlib)');
    } finally {
      await root.destroy();
    }
    expect(machine.log(order, 'root.log')).toMatch(/generated BuildRequires: .*pkgconfig\(zlib\)/);
  });

  test('takes what is told, a source package next to nothing', async () => {
    const root = await driver.open(machine.order({ groups: smallGroups }));
    try {
      await root.buildSource(machine.sample('takes'), never);
      const { memoryMib, diskMib } = await root.used(never);
      expect(memoryMib).toBeLessThan(100);
      expect(diskMib).toBeGreaterThan(0);
      expect(diskMib).toBeLessThan(10);
      await root.buildBinary(machine.sample('takes'), never);
      expectTaken(await root.used(never));
    } finally {
      await root.destroy();
    }
  });

  test('passes build conditionals on', async () => {
    const plain = machine.order();
    const extra = machine.order({ with: ['extra'] });
    const srpm = machine.sample('cond-macro');
    await build(driver, plain, 'buildBinary', srpm);
    await build(driver, extra, 'buildBinary', srpm);
    const made = /^\+ mkdir -p \S+\/usr\/share$/m;
    expect(machine.log(plain, 'build.log')).not.toMatch(made);
    expect(machine.log(extra, 'build.log')).toMatch(made);
  });

  test('gives the build the surroundings that mock gives it', async () => {
    const order = machine.order();
    const { installed } = await build(driver, order, 'buildBinary', machine.sample('whoami'));
    const log = machine.log(order, 'build.log');
    expect(log).toContain('user mockbuild 1000 mock 135');
    expect(log).toMatch(
      /home \/builddir pwd \/builddir\/build\/BUILD\S* lang \S+ host localhost machine x86_64/,
    );
    expect(log).toContain('tmp 1777 shm 1777');
    expect(log).toMatch(/^CapBnd:\s+0000000000000000$/m);
    expect(log).toMatch(/^CapPrm:\s+0000000000000000$/m);
    expect(log).toMatch(/^NoNewPrivs:\s+1$/m);
    // Nothing of the driver's is open in the build: standard streams and what `ls` itself opened.
    expect(log).toMatch(/^0 1 2 3 /m);
    expect(log).toMatch(new RegExp(`^${installed.length}$`, 'm'));
  });

  test('has no network but its own loopback, unless the order says so', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    try {
      const alone = machine.order({ macros: { dist: '.el9', port } });
      const connected = machine.order({ macros: { dist: '.el9', port }, network: true });
      await build(driver, alone, 'buildBinary', machine.sample('wants-net'));
      await build(driver, connected, 'buildBinary', machine.sample('wants-net'));
      expect(machine.log(alone, 'build.log')).toMatch(/^refused$/m);
      expect(machine.log(alone, 'build.log').match(/^interface .*/gm)).toEqual(['interface lo']);
      expect(machine.log(connected, 'build.log')).toMatch(/^reached$/m);
    } finally {
      server.close();
    }
  });

  test('keeps the bytes of a log as they were, however many and whatever they are', async () => {
    const big = machine.order();
    const odd = machine.order();
    await build(driver, big, 'buildBinary', machine.sample('big-log'));
    await build(driver, odd, 'buildBinary', machine.sample('bin-log'));
    expect(machine.log(big, 'build.log')).toContain('line 200000 of a big build log');
    const bytes = readFileSync(join(odd.logDir, 'build.log'));
    expect(bytes.includes(Buffer.from('bytes \xff\xfe \x1b[31mred\x1b[0m\r\n', 'latin1'))).toBe(true);
    expect(bytes.includes(Buffer.alloc(300_000, 'x'))).toBe(true);
  });

  test('two at once on the same new layer make it once', async () => {
    const orders = [machine.order(), machine.order()].map((order) => ({
      ...order,
      groups: { srpmBuild: ['@buildsys-build'], build: ['@buildsys-build', 'bison'] },
    }));
    const results = await Promise.all(
      orders.map((order) => build(driver, order, 'buildBinary', machine.sample('notes'))),
    );
    expect(results.map((result) => result.names)).toEqual([
      ['notes-1.0-1.el9.noarch.rpm', 'notes-1.0-1.el9.src.rpm'],
      ['notes-1.0-1.el9.noarch.rpm', 'notes-1.0-1.el9.src.rpm'],
    ]);
    const logs = orders.map((order) => machine.log(order, 'root.log')).join('');
    expect(logs.match(/root: installing \d+ packages over/g)).toHaveLength(1);
  });

  test('takes only plain files out of a root', async () => {
    const { names } = await build(driver, machine.order(), 'buildBinary', machine.sample('sneaky-links'));
    expect(names).toEqual(['sneaky-links-1.0-1.el9.noarch.rpm', 'sneaky-links-1.0-1.el9.src.rpm']);
  });
});

describe('a build that fails', () => {
  test.each(failing)('%s is %s', async (name, code, excerpt) => {
    const order = machine.order();
    const failure = await build(driver, order, 'buildBinary', machine.sample(name)).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: 'BuildFailure', code, fault: 'package' });
    expect((failure as { excerpt: string }).excerpt).toMatch(excerpt);
    expect((failure as { excerpt: string }).excerpt.length).toBeLessThanOrEqual(2048);
    expect(machine.log(order, 'root.log')).toContain(code);
  });

  test.each(['other-arch', 'not-here'])('%s excludes this architecture', async (name) => {
    const step = build(driver, machine.order(), 'buildBinary', machine.sample(name));
    await expect(step).rejects.toMatchObject({ code: 'arch_excluded', fault: 'excluded' });
  });

  test('a spec that cannot be parsed with the target macros is spec_unreadable', async () => {
    const step = build(driver, machine.order(), 'buildSource', machine.sample('bad-spec'));
    await expect(step).rejects.toMatchObject({ code: 'spec_unreadable' });
  });

  test('a source package that is cut off, or none at all, is srpm_damaged', async () => {
    const cut = join(machine.dir, 'cut.src.rpm');
    copyFileSync(machine.sample('hello-c'), cut);
    truncateSync(cut, 1500);
    const none = join(machine.dir, 'none.src.rpm');
    writeFileSync(none, 'not an RPM\n');
    for (const path of [cut, none, join(machine.dir, 'absent.src.rpm')]) {
      const step = build(driver, machine.order(), 'buildSource', path);
      await expect(step, path).rejects.toMatchObject({ code: 'srpm_damaged', fault: 'package' });
    }
  });

  test('a repository that is not there is repo_unreachable', async () => {
    const repos = [{ id: 'gone', baseurl: 'http://127.0.0.1:9/repo', priority: 1 }];
    const order = machine.order({ repos });
    const failure = await build(driver, order, 'buildSource', machine.sample('notes')).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'repo_unreachable', fault: 'infrastructure' });
    expect((failure as { excerpt: string }).excerpt).toContain('127.0.0.1');
  });

  test('a package whose bytes are not those of the metadata is never installed', async () => {
    const repo = join(machine.dir, 'forged');
    mkdirSync(repo);
    const { rpms, done } = await builtNotes();
    copyFileSync(rpms, join(repo, 'notes.rpm'));
    await done();
    execFileSync('createrepo_c', ['-q', repo]);
    truncateSync(join(repo, 'notes.rpm'), 3000);
    const order = machine.order();
    const forged = { id: 'forged', baseurl: `file://${repo}`, priority: 1 };
    const groups = { srpmBuild: ['@buildsys-build', 'notes'], build: ['@buildsys-build'] };
    const step = build(
      driver,
      { ...order, repos: [...order.repos, forged], groups },
      'buildSource',
      machine.sample('notes'),
    );
    await expect(step).rejects.toMatchObject({ code: 'repo_unreachable' });
    expect(machine.log(order, 'root.log')).toMatch(/its SHA-256 is [0-9a-f]{64}, the metadata says/);
  });

  test('a group that no repository has is config_failed', async () => {
    const groups = { srpmBuild: ['@no-such-group'], build: ['@buildsys-build'] };
    const step = build(driver, machine.order({ groups }), 'buildSource', machine.sample('notes'));
    await expect(step).rejects.toMatchObject({ code: 'config_failed', fault: 'infrastructure' });
  });

  test('a build that takes too long is build_timeout, and says where it was', async () => {
    const order = machine.order({ timeoutSeconds: 2, macros: { dist: '.el9', marker: '86401' } });
    const step = build(driver, order, 'buildBinary', machine.sample('slow'));
    await expect(step).rejects.toMatchObject({
      code: 'build_timeout',
      message: 'not done after 2 s in %build',
    });
  });
});

async function builtNotes(): Promise<{ rpms: string; done: () => Promise<void> }> {
  const root = await driver.open(machine.order());
  const { rpms } = await root.buildBinary(machine.sample('notes'), never);
  return { rpms: rpms[0] ?? '', done: () => root.destroy() };
}

describe('over HTTP', () => {
  test('packages are fetched again when the server falters, and once for all roots', async () => {
    const folder = new URL(machine.order().repos[0]?.baseurl ?? '').pathname;
    const asked = new Map<string, number>();
    const server = createHttpServer((request, response) => {
      const path = request.url ?? '';
      const times = (asked.get(path) ?? 0) + 1;
      asked.set(path, times);
      const file = join(folder, decodeURIComponent(path));
      if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
      if (path.includes('/bash-') && times === 1) return response.writeHead(503).end();
      const bytes = readFileSync(file);
      // The second time half of it comes, and then the connection breaks.
      if (path.includes('/bash-') && times === 2) {
        response.writeHead(200, { 'content-length': bytes.length });
        return response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
      }
      return response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const baseurl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    try {
      const home = join(machine.dir, 'http-home');
      const repos = [{ id: 'web', baseurl, priority: 5, revision: '1' }];
      const order = machine.order({ repos, groups: smallGroups });
      await build(createNativeDriver({ home }), order, 'buildSource', machine.sample('notes'));
      expect([...asked].find(([path]) => path.includes('/bash-'))?.[1]).toBe(3);
      const before = new Map(asked);
      // A new driver, as after a restart: a revision that was seen once is not asked for again.
      const again = machine.order({ repos, groups: smallGroups });
      await build(createNativeDriver({ home }), again, 'buildBinary', machine.sample('notes'));
      expect(asked).toEqual(before);
    } finally {
      server.close();
    }
  });
});

describe('what was built', () => {
  test('can be required by the next build, also from a repository without a revision', async () => {
    const repo = join(machine.dir, 'own');
    mkdirSync(repo);
    const { rpms, done } = await builtNotes();
    copyFileSync(rpms, join(repo, 'notes.rpm'));
    await done();
    execFileSync('createrepo_c', ['-q', repo]);
    const order = machine.order();
    const own = { id: 'own', baseurl: `file://${repo}`, priority: 1 };
    const groups = { srpmBuild: ['@buildsys-build'], build: ['@buildsys-build', 'notes'] };
    const wide = { ...order, repos: [...order.repos, own], groups };
    const { installed } = await build(driver, wide, 'buildBinary', machine.sample('notes'));
    expect(installed).toContain('notes-1.0-1.el9.noarch');
  });
});

/** The units and the example configuration in deploy/: what systemd and Moromi itself say of them. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfig } from '../../packages/moromi/src/file.ts';
import { keys, variableOf } from '../../packages/moromi/src/keys.ts';
import { bundle } from '../../scripts/bundle.ts';
import { repository } from '../harness/system.ts';

const deploy = join(repository, 'deploy');
const names = readdirSync(join(deploy, 'systemd'));
/** As docs/administrator.md has it. */
const layout = { bundle: '/usr/lib/moromi', program: '/usr/bin/moromi', units: '/etc/systemd/system' };

let root: string;

/** A machine as an administrator sets it up. */
beforeAll(async () => {
  root = mkdtempSync('/var/tmp/moromi-units-');
  await bundle(join(root, layout.bundle));
  mkdirSync(join(root, '/usr/bin'));
  await symlink('../lib/moromi/moromi', join(root, layout.program));
  cpSync(join(deploy, 'systemd'), join(root, layout.units), { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Unit = Map<string, [key: string, value: string][]>;

/** systemd.syntax(7), without what our units do not use: continued lines. */
function read(name: string): Unit {
  const unit: Unit = new Map();
  let section: [string, string][] | undefined;
  for (const line of readFileSync(join(deploy, 'systemd', name), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const header = /^\[(.+)\]$/.exec(line)?.[1];
    const [, key, value] = /^([A-Z][A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (header !== undefined) {
      section = [];
      expect(unit.has(header), `${name} has [${header}] twice`).toBe(false);
      unit.set(header, section);
    } else if (section !== undefined && key !== undefined && value !== undefined) section.push([key, value]);
    else throw new Error(`${name}: ${line}`);
  }
  return unit;
}

const all = (unit: Unit, key: string): string[] =>
  [...unit.values()].flatMap((lines) => lines.filter(([name]) => name === key).map(([, value]) => value));

test('a hub and a worker have a unit each, the worker one an instance', () => {
  expect(names.sort()).toEqual(['moromi-hub.service', 'moromi-worker@.service']);
});

test('the guide tells of the layout that the units want', () => {
  const guide = readFileSync(join(repository, 'docs', 'administrator.md'), 'utf8');
  for (const path of [layout.bundle, layout.program, layout.units, 'deploy/sysusers.d/moromi.conf'])
    expect(guide).toContain(path);
});

test('units have known sections, start a program that is there, and come back by themselves', () => {
  for (const name of names) {
    const unit = read(name);
    expect([...unit.keys()]).toEqual(['Unit', 'Service', 'Install']);
    const [program = '', verb = ''] = all(unit, 'ExecStart')[0]?.split(' ') ?? [];
    accessSync(join(root, program), constants.X_OK);
    expect(Object.keys(keys)).toContain(verb);
    expect(all(unit, 'Restart')).toEqual(['always']);
    expect(all(unit, 'RestartSec')).toEqual(['1']);
    expect(all(unit, 'StartLimitIntervalSec')).toEqual(['0']);
    expect(all(unit, 'WantedBy')).toEqual(['multi-user.target']);
  }
});

test('every variable that a unit sets is one that Moromi, Node or the C library reads', () => {
  // NODE_OPTIONS in Node's own manual, mallopt(3).
  const outside = ['HOME', 'NODE_OPTIONS', 'MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_'];
  const known = Object.entries(keys).flatMap(([section, table]) =>
    Object.keys(table).map((key) => variableOf(section as keyof typeof keys, key)),
  );
  const set = names
    .flatMap((name) => all(read(name), 'Environment'))
    .flatMap((line) => line.split(' '))
    .map((one) => one.split('=')[0] ?? '');
  for (const variable of set) expect([...known, ...outside]).toContain(variable);
  expect(set).toContain('MOROMI_WORKER_HOME');
});

test('Node starts with the options that the hub’s unit gives it', () => {
  const options = all(read('moromi-hub.service'), 'Environment')
    .flatMap((line) => line.split(' '))
    .flatMap((one) => /^NODE_OPTIONS=(.*)$/.exec(one)?.[1] ?? []);
  expect(options).toHaveLength(1);
  const env = { NODE_OPTIONS: options.join(' ') };
  const done = spawnSync(process.execPath, ['--eval', ''], { env, encoding: 'utf8' });
  expect({ status: done.status, err: done.stderr }).toEqual({ status: 0, err: '' });
});

test('a worker that is stopped has time for its builds, hears of it alone, and keeps its groups', () => {
  const unit = read('moromi-worker@.service');
  expect(all(unit, 'KillMode')).toEqual(['mixed']);
  expect(all(unit, 'Delegate')).toEqual(['yes']);
  // A build may take a day.
  expect(Number(/^(\d+)h$/.exec(all(unit, 'TimeoutStopSec')[0] ?? '')?.[1])).toBeGreaterThan(24);
  const hardening = (unit.get('Service') ?? []).filter(([key]) =>
    /^(Protect|Private|Restrict[A-Z])/.test(key),
  );
  expect(hardening).toEqual([]);
});

test("the hub's user is one that is made for it", () => {
  const [user = ''] = all(read('moromi-hub.service'), 'User');
  const made = readFileSync(join(deploy, 'sysusers.d', 'moromi.conf'), 'utf8');
  expect(made).toMatch(new RegExp(`^u ${user} - "[^"]+" /var/lib/moromi$`, 'm'));
});

test('systemd finds nothing wrong with them', async (context) => {
  const tool = 'systemd-analyze';
  if (spawnSync(tool, ['--version']).status !== 0) return context.skip(`this machine has no ${tool}`);
  for (const target of ['sysinit', 'basic', 'shutdown', 'multi-user', 'network-online']) {
    const unit = join(root, layout.units, `${target}.target`);
    await writeFile(unit, `[Unit]\nDescription=${target}\n`);
  }
  const paths = names.map((name) => join(layout.units, name));
  const verify = () =>
    spawnSync(tool, [`--root=${root}`, '--man=no', 'verify', ...paths], { encoding: 'utf8' });
  expect(verify()).toMatchObject({ status: 0, stdout: '', stderr: '' });
  // It would have seen a program that is not there.
  await rm(join(root, layout.program));
  expect(verify().stderr).toMatch(/moromi is not executable/);
  await symlink('../lib/moromi/moromi', join(root, layout.program));
});

test('the example configuration is sound, and so is every line of it that is commented out', () => {
  const path = join(deploy, 'moromi.toml');
  const text = readFileSync(path, 'utf8');
  expect([...parseConfig(path, text)]).toEqual([]);
  const open = text.replaceAll(/^# ([a-z_]+ = )/gm, '$1');
  const found = [...parseConfig(path, open).keys()];
  expect(found).toEqual(expect.arrayContaining(['hub.listen', 'worker.stop_file', 'client.hub']));
  expect(found).toHaveLength(text.match(/^# [a-z_]+ = /gm)?.length ?? 0);
});

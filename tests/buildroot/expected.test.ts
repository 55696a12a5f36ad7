/** Roots that are begun with what a source package's header states, while its spec is read. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BuildOrder, Driver } from '../../packages/buildroot/src/index.ts';
import { makeSpec, packSpec } from '../harness/specs.ts';
import { build, type Machine, nativeForAll } from './machine.ts';

let machine: Machine;
let driver: Driver;
nativeForAll((made, native) => {
  machine = made;
  driver = native;
});

const begun = 'root: begun with what the source package states';
const layers = (order: BuildOrder): string[] =>
  machine.log(order, 'root.log').match(/root: installing \d+ packages over/g) ?? [];

/** Nothing is being made any more, and nothing is in use. */
function expectGivenUp(): void {
  mkdirSync(join(machine.home, 'aside'), { recursive: true });
  expect(readdirSync(join(machine.home, 'aside'))).toEqual([]);
  const uses = join(machine.home, 'uses');
  for (const key of readdirSync(uses)) expect(readdirSync(join(uses, key)), key).toEqual([]);
}

test('what was expected is what the spec asks for, and its root is made once', async () => {
  const order = machine.order({ expects: ['gcc', 'pkgconfig(zlib)', 'zlib-devel'] });
  const { installed } = await build(driver, order, 'buildBinary', machine.sample('hello-c'));
  expect(installed.some((nevra) => nevra.startsWith('zlib'))).toBe(true);
  expect(machine.log(order, 'root.log')).toContain(begun);
  expect(layers(order)).toHaveLength(1);
  expectGivenUp();
});

test('where the spec asks for something else, the root is that one, and the other is given up', async () => {
  const order = machine.order({ expects: ['bison'] });
  const spec = makeSpec(machine.dir, 'other', { lines: 'BuildArch: noarch\nBuildRequires: flex' });
  const { installed } = await build(driver, order, 'buildBinary', packSpec(spec, join(machine.dir, 'srpms')));
  expect(machine.log(order, 'root.log')).toContain(begun);
  expect(installed.some((nevra) => nevra.startsWith('flex-'))).toBe(true);
  expect(installed.some((nevra) => nevra.startsWith('bison-'))).toBe(false);
  expectGivenUp();
});

test('what no repository has is no failure of a package that does not ask for it', async () => {
  const order = machine.order({ expects: ['no-such-package >= 3'] });
  const { names } = await build(driver, order, 'buildBinary', machine.sample('notes'));
  expect(names).toEqual(['notes-1.0-1.el9.noarch.rpm', 'notes-1.0-1.el9.src.rpm']);
  expect(machine.log(order, 'root.log')).not.toContain(begun);
});

test('a package that asks for what no repository has fails as it does without', async () => {
  const order = machine.order({ expects: ['no-such-package-devel >= 9'] });
  await expect(build(driver, order, 'buildBinary', machine.sample('need-missing'))).rejects.toMatchObject({
    code: 'buildrequires_missing',
    message: 'no package provides no-such-package-devel >= 9',
  });
});

test.each(['fails', 'is canceled'])(
  'when reading the spec %s, the root that was begun is given up',
  async (how) => {
    const stop = new AbortController();
    const wait = how === 'fails' ? '%{error:no}' : '%(sleep 20)';
    const spec = makeSpec(machine.dir, `odd-${how.length}`, { lines: 'BuildArch: noarch\n%{?marker}' });
    const srpm = packSpec(spec, join(machine.dir, 'srpms'));
    const order = machine.order({
      expects: ['m4', 'make', how === 'fails' ? 'perl' : 'python3'],
      macros: { dist: '.el9', marker: wait },
    });
    const step = build(driver, order, 'buildBinary', srpm, stop.signal).catch((error: unknown) => error);
    if (how === 'is canceled') {
      const begins = (): boolean => machine.log(order, 'root.log').includes(begun);
      while (!tried(begins)) await new Promise((done) => setTimeout(done, 10));
      stop.abort();
    }
    expect(await step).toMatchObject({ code: how === 'fails' ? 'spec_unreadable' : 'canceled' });
    expect(machine.log(order, 'root.log')).toContain(begun);
    expectGivenUp();
  },
);

/** The log may not be there yet. */
function tried(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false;
  }
}

import { type Dependency, overlap, parseDependency, parseEvr, rangeOf } from '@moromi/rpm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Provider, Providers, type ProvidingPackage } from './index.ts';

const SEED = 20261121;

/** `name-1:2-3.arch`, and what it provides: paths and `name`, or `name = version`. */
function pkg(nevra: string, ...provided: string[]): ProvidingPackage {
  const [, name = '', evr = '', arch = ''] = /^(.+)-([^-]+-[^-]+)\.([^.]+)$/.exec(nevra) ?? [];
  const { epoch, version, release } = parseEvr(evr);
  const provides = provided
    .filter((one) => !one.startsWith('/'))
    .map((text) => {
      const [capability = '', operator, value = ''] = text.split(' ');
      return operator === undefined
        ? { name: capability, operator: null, evr: null }
        : { name: capability, operator: operator as '=', evr: parseEvr(value) };
    });
  return {
    ...{ name, arch, epoch: epoch ?? 0, version, release: release ?? '', size: 1, location: `${nevra}.rpm` },
    ...{ sha256: 'a'.repeat(64), provides, files: provided.filter((one) => one.startsWith('/')) },
    sourceRpm: `${name}-${version}-${release}.src.rpm`,
  };
}

function indexOf(...added: (ProvidingPackage | [ProvidingPackage, number])[]): Providers {
  const providers = new Providers();
  for (const one of added) Array.isArray(one) ? providers.add(...one) : providers.add(one, 99);
  return providers;
}

const shown = ({ name, version, arch, priority }: Provider) =>
  `${name}-${version}${arch === 'noarch' ? '' : `.${arch}`}${priority === 99 ? '' : `@${priority}`}`;
/** rpm lets "unless" stand in what must not be only. */
const read = (text: string) => parseDependency(text, text.includes('unless') ? 'CONFLICT' : 'REQUIRE');
const whatProvides = (providers: Providers, text: string) =>
  providers.whatProvides(read(text)).map(shown).join(' ');
const chooses = (providers: Providers, text: string) => providers.chooses(read(text))?.map(shown).join(' ');

test('the preferred one comes first: priority, the very name, not a second architecture, shortness, order', () => {
  const providers = indexOf(
    pkg('zz-1-1.noarch', 'cap'),
    pkg('aaa-1-1.noarch', 'cap'),
    pkg('aab-1-1.noarch', 'cap'),
    pkg('cap-1-1.i686'),
    pkg('cap-1-1.x86_64'),
    [pkg('longest-1-1.noarch', 'cap'), 10],
  );
  expect(whatProvides(providers, 'cap')).toBe('longest-1@10 cap-1.x86_64 cap-1.i686 zz-1 aaa-1 aab-1');
  expect(chooses(providers, 'cap')).toBe('longest-1@10');
});

test('of a name and architecture the newest counts in each priority, whichever came first', () => {
  const all = [pkg('a-1-1.noarch', 'old'), pkg('a-1:1-1.noarch', 'new'), pkg('a-2-1.noarch', 'old', 'mid')];
  for (const added of [all, all.toReversed()]) {
    const providers = indexOf(...added, [pkg('a-2-1.noarch', 'old'), 10]);
    expect(whatProvides(providers, 'old')).toBe('a-2@10');
    expect(whatProvides(providers, 'mid')).toBe('');
    expect(whatProvides(providers, 'a')).toBe('a-2@10 a-1');
    expect(whatProvides(providers, 'a >= 1:0')).toBe('a-1');
  }
});

test('a package provides its own name and version though it does not say so; a source package provides nothing', () => {
  const providers = indexOf(pkg('a-1:2-3.noarch'), pkg('b-1-1.src', 'b'));
  expect(whatProvides(providers, 'a = 1:2-3')).toBe('a-2');
  expect(whatProvides(providers, 'a < 1:2')).toBe('');
  expect(whatProvides(providers, 'b')).toBe('');
});

test('what provides a thing twice is found once, and tells its source', () => {
  const providers = indexOf(pkg('a-1-1.noarch', 'a', 'a = 1-1', '/etc/a', '/etc/a'));
  expect(whatProvides(providers, 'a')).toBe('a-1');
  expect(providers.whatProvides(parseDependency('/etc/a'))).toMatchObject([{ sourceRpm: 'a-1-1.src.rpm' }]);
});

const some = indexOf(
  pkg('a-1-1.noarch', 'x', '/usr/bin/a'),
  pkg('b-1-1.noarch', 'x', 'y'),
  pkg('c-1-1.noarch', 'y = 2'),
  pkg('d-1-1.noarch', 'x', 'y = 3'),
);

test.each([
  ['(x and y)', 'a-1 b-1 d-1 c-1', 'a-1 b-1'],
  ['(x and nothing)', '', undefined],
  ['(nothing or y or x)', 'b-1 c-1 d-1', 'b-1'],
  ['(nothing or nowhere)', '', undefined],
  ['(x with y)', 'b-1 d-1', 'b-1'],
  ['(x with y > 2)', 'b-1 d-1', 'b-1'],
  ['(a with y)', '', undefined],
  ['(x without y)', 'a-1', 'a-1'],
  ['(x without x)', '', undefined],
  ['(x with (y = 3 or /usr/bin/a))', 'a-1 b-1 d-1', 'a-1'],
  ['((x))', 'a-1 b-1 d-1', 'a-1'],
  ['(a if b)', 'a-1', 'a-1'],
  ['(a if nothing)', '', ''],
  ['(nothing if b)', '', ''],
  ['(a if b else c)', 'a-1 c-1', 'a-1'],
  ['(a if nothing else c)', 'c-1', 'c-1'],
  ['(nothing if b else c)', 'c-1', 'c-1'],
  ['(nothing if b else nowhere)', '', undefined],
  ['(a unless b)', 'a-1', 'a-1'],
  ['(a unless nothing)', 'a-1', 'a-1'],
  ['(nothing unless b)', '', undefined],
  ['(a unless b else c)', 'a-1 b-1 c-1', 'a-1'],
  ['(nothing unless b else c)', 'b-1 c-1', 'b-1 c-1'],
  ['(nothing unless nowhere else c)', '', undefined],
  ['(a and (nothing if nowhere))', 'a-1', 'a-1'],
  ['(a if rpmlib(x))', 'a-1', 'a-1'],
  ['(nothing if rpmlib(x) else c)', '', undefined],
  ['(a unless rpmlib(x) else c)', 'c-1', 'c-1'],
  ['rpmlib(CompressedFileNames) <= 3.0.4-1', '', ''],
])('%s may be met by "%s", first by %j', (text, may, first) => {
  expect(whatProvides(some, text)).toBe(may);
  expect(chooses(some, text)).toBe(first);
});

test('what nothing provides has a nearest name, of what is newest', () => {
  const providers = indexOf(
    pkg('python3-devel-3-1.noarch', 'pkgconfig(python3) = 3', '/usr/bin/python3-config'),
    pkg('zlib-devle-1-1.noarch', 'gone-name'),
    pkg('zlib-devle-2-1.noarch'),
  );
  expect(providers.nearest('python-devel')).toBe('python3-devel');
  expect(providers.nearest('pkgconfig(pyhton3)')).toBe('pkgconfig(python3)');
  expect(providers.nearest('/usr/bin/python-config')).toBe('/usr/bin/python3-config');
  expect(providers.nearest('python3-devel')).toBe('python3-devel');
  expect(providers.nearest('gone-nane')).toBeUndefined();
  expect(providers.nearest('unlike')).toBeUndefined();
  providers.add(pkg('zlib-devel-1-1.noarch'), 99);
  expect(providers.nearest('zlib-devell')).toBe('zlib-devel');
});

const name = fc.constantFrom('a', 'b', 'c', '/etc/d');
const range = fc.constantFrom('', ' = 1', ' = 2-1', ' >= 1:1', ' < 2');
const capability = fc.tuple(name, range).map(([one, two]) => (one.startsWith('/') ? one : one + two));
const generated = fc.array(
  fc.record({
    name: name.filter((one) => !one.startsWith('/')),
    evr: fc.constantFrom('1-1', '2-1', '1:1-1'),
    arch: fc.constantFrom('noarch', 'i686'),
    provided: fc.array(capability, { maxLength: 3 }),
    priority: fc.constantFrom(1, 99),
  }),
  { maxLength: 8 },
);
/** Each has a location of its own. */
const packages = generated.map((all) =>
  all.map(({ name, evr, arch, provided, priority }, at): [ProvidingPackage, number] => [
    { ...pkg(`${name}-${evr}.${arch}`, ...provided), location: `${at}.rpm` },
    priority,
  ]),
);
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small' },
    capability,
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('and', 'or', 'with', 'without', 'if', 'unless'),
        tie('expression'),
      )
      .map(([a, word, b]) => `(${a} ${word} ${b})`),
  ),
}));
const readable = expression.filter((text) => {
  try {
    return read(text) !== undefined;
  } catch {
    return false;
  }
});

test('no answer depends on the order in which packages were added', () => {
  fc.assert(
    fc.property(packages, fc.array(readable, { minLength: 1, maxLength: 4 }), (added, asked) => {
      const [one, other] = [indexOf(...added), indexOf(...added.toReversed())];
      for (const text of asked) {
        const dependency = read(text);
        expect(other.whatProvides(dependency)).toEqual(one.whatProvides(dependency));
        expect(other.chooses(dependency)).toEqual(one.chooses(dependency));
        expect(other.nearest(text)).toBe(one.nearest(text));
      }
    }),
    { seed: SEED, numRuns: 150 },
  );
});

/** Whether packages meet a dependency when they, and no others, are installed; without conditions. */
function isMet(dependency: Dependency, installed: readonly ProvidingPackage[]): boolean {
  const isMetBy = (one: Dependency) => (each: ProvidingPackage) => isMet(one, [each]);
  switch (dependency.kind) {
    case 'simple':
      return installed.some(({ provides, files, ...self }) => {
        const own = { name: self.name, operator: '=' as const, evr: self };
        const ranges = [...provides, own].filter((one) => one.name === dependency.name);
        return files.includes(dependency.name) || ranges.some((one) => overlap(one, rangeOf(dependency)));
      });
    case 'and':
      return dependency.operands.every((one) => isMet(one, installed));
    case 'or':
      return dependency.operands.some((one) => isMet(one, installed));
    case 'with':
      return installed.some((each) => dependency.operands.every((one) => isMetBy(one)(each)));
    case 'without': {
      const [kept, dropped] = dependency.operands;
      return installed.filter(isMetBy(kept)).some((each) => !isMetBy(dropped)(each));
    }
    default:
      throw new Error(`No "${dependency.kind}" is asked here.`);
  }
}

test('what is chosen meets the dependency, is among what may meet it, and is null if nothing does', () => {
  const plain = readable.filter((text) => !/ (if|unless) /.test(text));
  fc.assert(
    fc.property(packages, plain, (added, text) => {
      const dependency = read(text);
      const providers = indexOf(...added);
      const newest = added.filter(([one, priority]) =>
        providers
          .whatProvides(read(one.name))
          .some((each) => each.location === one.location && each.priority === priority),
      );
      const chosen = providers.chooses(dependency);
      const all = newest.map(([one]) => one);
      expect(chosen !== null).toBe(isMet(dependency, all));
      const files = chosen?.map(({ location }) => location) ?? [];
      if (chosen !== null)
        expect(
          isMet(
            dependency,
            all.filter(({ location }) => files.includes(location)),
          ),
        ).toBe(true);
      expect(providers.whatProvides(dependency)).toEqual(expect.arrayContaining(chosen ?? []));
    }),
    { seed: SEED, numRuns: 150 },
  );
});

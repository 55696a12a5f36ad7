import { expect, test } from 'vitest';
import { RepodataError } from '../errors.ts';
import { expectReadOrRefused } from '../testing/damaged.ts';
import { readComps } from './comps.ts';

const group = (id: string, packages = '<packagereq type="default">a</packagereq>', more = '') =>
  `<group><id>${id}</id><name>${id}</name><name xml:lang="de">ü</name>${more}<packagelist>${packages}</packagelist></group>`;
const comps = (inner: string, head = '') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${head}<comps>${inner}</comps>`;

function read(text: string | Buffer) {
  try {
    return readComps(Buffer.from(text));
  } catch (error) {
    return error instanceof RepodataError ? error.code : `not ours: ${String(error)}`;
  }
}

test('groups are read with their packages, and environments by id', () => {
  const packages =
    '<packagereq>a</packagereq><packagereq type="conditional" requires="c">b-c++</packagereq><packagereq type="">d</packagereq>';
  const environment = '<environment><id>e</id><grouplist><groupid>g</groupid></grouplist></environment>';
  const text = comps(`${group('g', packages)}${environment}<category><id>g</id></category><langpacks/>`);
  expect(read(text)).toMatchObject({
    groups: [
      {
        id: 'g',
        packages: [
          { name: 'a', type: 'mandatory', requires: null },
          { name: 'b-c++', type: 'conditional', requires: 'c' },
          { name: 'd', type: 'mandatory', requires: null },
        ],
      },
    ],
    environments: ['e'],
    plain: Buffer.from(text),
  });
});

test('a document type that only names itself is gone, and any other is refused', () => {
  const type = '<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">';
  expect(read(comps(group('g'), `<!-- made -->\n${type}\n`))).toMatchObject({
    plain: Buffer.from(comps(group('g'), '<!-- made -->\n\n')),
  });
  expect(read(comps(group('g'), '<!DOCTYPE comps>'))).toMatchObject({ groups: [{ id: 'g' }] });
  expect(read(comps(group('&a;'), '<!DOCTYPE comps [<!ENTITY a "b">]>'))).toBe('hostile');
  expect(read(comps(group('g'), '<!DOCTYPE html>'))).toBe('hostile');
  expect(read(comps(group('g'), `${type}${type}`))).toBe('hostile');
});

test('what is no comps is refused', () => {
  expect(read('')).toBe('damaged');
  expect(read('<metadata/>')).toBe('damaged');
  expect(read(comps('<group><name>x</name></group>'))).toBe('damaged');
  expect(read(comps('<group><id/></group>'))).toBe('damaged');
  expect(read(comps(group('a b')))).toBe('damaged');
  expect(read(comps(group('g') + group('g')))).toBe('hostile');
  expect(read(comps(group('g', '', '<id>h</id>')))).toBe('hostile');
  expect(read(comps(group('g', '<packagereq>a b</packagereq>')))).toBe('damaged');
  expect(read(comps(group('g', '<packagereq type="always">a</packagereq>')))).toBe('damaged');
  expect(read(comps(`<x:group xmlns:x="urn:x"><id>g</id></x:group>`))).toBe('hostile');
  expect(read(comps(group('g')).slice(0, -3))).toBe('damaged');
  expect(read(comps(group('g', '<a>'.repeat(20) + '</a>'.repeat(20))))).toBe('hostile');
});

test('whatever is changed in it, it is read or refused with a code', async () => {
  const whole = Buffer.from(comps(group('g') + group('h'), '<!DOCTYPE comps SYSTEM "comps.dtd">\n'));
  await expectReadOrRefused(whole, async (document) => read(document), 500);
});

import { describe, expect, test } from 'vitest';
import { compsXml } from './comps.ts';
import { GROUPS, LEFT_OUT, WANTED } from './packageSets.ts';

describe('the comps file', () => {
  test('lists the packages of a group in order and once', () => {
    const xml = compsXml([{ id: 'build', name: 'Build', packages: ['sed', 'bash', 'sed'] }]);
    expect(xml.match(/<packagereq type="mandatory">[^<]*/g)).toEqual([
      '<packagereq type="mandatory">bash',
      '<packagereq type="mandatory">sed',
    ]);
  });

  test('escapes what XML would take for its own', () => {
    expect(compsXml([{ id: 'a', name: 'R&D <x>', packages: ['g++'] }])).toContain('R&amp;D &lt;x&gt;');
  });

  test('names no package that the distribution leaves out or is not asked for', () => {
    const own = ['filesystem', 'setup', 'demo-release'];
    for (const names of Object.values(WANTED)) {
      const there = new Set([...names.filter((name) => !LEFT_OUT.has(name)), ...own]);
      for (const group of GROUPS) expect(group.packages.filter((name) => !there.has(name))).toEqual([]);
    }
  });

  test('a build has all that a source package is made with', () => {
    const packages = (id: string) => GROUPS.find((group) => group.id === id)?.packages ?? [];
    expect(packages('buildsys-build')).toEqual(expect.arrayContaining([...packages('srpm-build')]));
  });
});

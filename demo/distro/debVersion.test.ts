import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundOfDebVersion, evrOfDebVersion, evrText } from './debVersion.ts';

describe('a Debian version as an EVR', () => {
  test.each([
    ['1:2.36-9+deb12u14', { epoch: '1', version: '2.36', release: '9+deb12u14' }],
    ['0:1.2-1', { epoch: '', version: '1.2', release: '1' }],
    ['2.39', { epoch: '', version: '2.39', release: '0' }],
    ['1.4.0-2-1', { epoch: '', version: '1.4.0_2', release: '1' }],
    ['2:1.0~rc1-1~bpo12+1', { epoch: '2', version: '1.0~rc1', release: '1~bpo12+1' }],
    ['1:1:3-2', { epoch: '1', version: '1_3', release: '2' }],
  ])('%s is taken apart as Debian does', (text, evr) => {
    expect(evrOfDebVersion(text)).toEqual(evr);
  });

  test('a bound of a dependency has a release only where Debian gave a revision', () => {
    expect(boundOfDebVersion('1:2.0')).toBe('1:2.0');
    expect(boundOfDebVersion('1:2.0-3')).toBe('1:2.0-3');
  });

  test('no version makes an EVR with a character that rpm refuses', () => {
    const upstreams = fc.stringMatching(/^[0-9][A-Za-z0-9.+~:-]{0,12}$/);
    const revisions = fc.stringMatching(/^[A-Za-z0-9.+~]{1,12}$/);
    fc.assert(
      fc.property(upstreams, revisions, (upstream, revision) => {
        const { version, release } = evrOfDebVersion(`3:${upstream}-${revision}`);
        expect(version).toMatch(/^[A-Za-z0-9.+~_]+$/);
        expect(release).toMatch(/^[A-Za-z0-9.+~_]+$/);
      }),
    );
  });

  test('rpm orders converted versions as dpkg orders the versions', () => {
    const rising = ['1.0~rc1-1', '1.0-1', '1.0-1+deb12u1', '1.0-2', '1.0.1-1', '1:0.1-1', '2:0.0-0'];
    for (const [index, older] of rising.slice(0, -1).entries()) {
      const newer = rising[index + 1] ?? '';
      const pair = [older, newer].map((each) => `'${evrText(evrOfDebVersion(each))}'`).join(', ');
      expect(
        execFileSync('rpm', ['--eval', `%{lua: print(rpm.vercmp(${pair}))}`], { encoding: 'utf8' }).trim(),
      ).toBe('-1');
    }
  });
});

import { describe, expect, test } from 'vitest';
import { rpmDependencies } from './debRelations.ts';

describe('a Debian relation field as RPM dependencies', () => {
  test('clauses become dependencies, sorted and without doubles', () => {
    expect(rpmDependencies('zlib1g, libc6, zlib1g')).toEqual(['libc6', 'zlib1g']);
  });

  test('no field is no dependency', () => {
    expect(rpmDependencies(undefined)).toEqual([]);
    expect(rpmDependencies('')).toEqual([]);
  });

  test('lower and exact bounds stay, with the release only where there was a revision', () => {
    expect(
      rpmDependencies('libc6 (>= 2.34), rpm-common (= 4.18.0+dfsg-1+deb12u1), debugedit (>= 1:5)'),
    ).toEqual(['debugedit >= 1:5', 'libc6 >= 2.34', 'rpm-common = 4.18.0+dfsg-1+deb12u1']);
  });

  test('a strict lower bound includes the releases of that version, as it does in Debian', () => {
    expect(rpmDependencies('libc6 (>> 2.36)')).toEqual(['libc6 >= 2.36']);
  });

  test('an upper bound is left out', () => {
    expect(rpmDependencies('libc6 (<< 2.37), git-man (<< 1:2.39.5-.)')).toEqual(['git-man', 'libc6']);
  });

  test('alternatives become one rich dependency', () => {
    expect(rpmDependencies('default-mta | mail-transport-agent (>= 2)')).toEqual([
      '(default-mta or mail-transport-agent >= 2)',
    ]);
  });

  test('the architecture of a term is dropped', () => {
    expect(rpmDependencies('perl:any, python3:any (>= 3.11)')).toEqual(['perl', 'python3 >= 3.11']);
  });

  test('a clause that a left-out package can satisfy is dropped', () => {
    expect(rpmDependencies('debconf (>= 0.5) | debconf-2.0, libc6', new Set(['debconf']))).toEqual(['libc6']);
  });

  test('a term of another shape is refused', () => {
    expect(() => rpmDependencies('libc6 (?? 2)')).toThrow('not a Debian dependency');
  });
});

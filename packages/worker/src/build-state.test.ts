import { expect, test } from 'vitest';
import { buildStateOf } from './build-state.ts';

const at = (...lines: string[]) =>
  buildStateOf(lines.map((line) => `2026-01-05T10:00:00.000Z - ${line}\n`).join(''));

test("resolving and making a root are the machine's part, rpmbuild is the package's", () => {
  expect(at()).toEqual({ begun: false, inPackage: false, now: undefined });
  expect(at('Start: resolve', 'Finish: resolve', 'Start: root')).toEqual({
    begun: false,
    inPackage: false,
    now: 'root',
  });
  expect(at('Start: root', 'Finish: root', 'Start: rpmbuild, round 2')).toEqual({
    begun: true,
    inPackage: true,
    now: 'rpmbuild, round 2',
  });
});

test('a root for BuildRequires is made by the machine again, after the spec was read', () => {
  expect(at('Start: buildsrpm', 'Finish: buildsrpm', 'Start: root')).toEqual({
    begun: true,
    inPackage: false,
    now: 'root',
  });
});

test("mock's nested states are read too", () => {
  const mock = ['Start: chroot init', 'Finish: chroot init', 'Start: build phase for a-1-1.src.rpm'];
  expect(at(...mock, 'Start: build setup for a-1-1.src.rpm')).toMatchObject({ begun: false });
  const inside = [...mock, 'Start: rpmbuild a-1-1.src.rpm'];
  expect(at(...inside)).toMatchObject({ inPackage: true, now: 'rpmbuild a-1-1.src.rpm' });
  expect(at(...inside, 'Finish: rpmbuild a-1-1.src.rpm')).toMatchObject({ begun: true, inPackage: false });
});

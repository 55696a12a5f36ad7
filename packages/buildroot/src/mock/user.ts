/**
 * Whom mock runs as.
 *
 * Invariant: never root. mock refuses a bare root and takes its rights from its own wrapper, for members of `mock`.
 */
import { readFileSync } from 'node:fs';
import { BuildFailure } from '../driver.ts';

export interface MockUser {
  uid: number;
  gid: number;
  name: string;
  home: string;
}

/** Undefined where this process is unprivileged itself. A user with numbers is taken as it is. */
export function mockUser(wanted: string | MockUser = 'moromi'): MockUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return typeof wanted === 'string' ? findUser(wanted) : wanted;
}

/** Reads the machine's own files, as mock's wrapper asks the machine's own databases. */
function findUser(name: string): MockUser {
  const rows = (file: string): string[][] =>
    readFileSync(`/etc/${file}`, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  const [, , uid, , , home = '/'] = rows('passwd').find((row) => row[0] === name) ?? [];
  const [, , gid] = rows('group').find((row) => row[0] === 'mock') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new BuildFailure(
      'root_failed',
      `mock needs a user ${name} and the group mock: install mock, then run \`useradd -r -m -G mock ${name}\``,
    );
  }
  if (uid === '0') throw new BuildFailure('root_failed', `mock does not run as root, which ${name} is`);
  return { uid: Number(uid), gid: Number(gid), name, home };
}

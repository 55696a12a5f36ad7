/**
 * A source package as mock wants it to make one: a spec file and a folder of sources.
 *
 * Invariant: unpacked as mock's user, and nothing outside of the order's own folder is written: rpm puts a file where
 * its name leads, so names that lead anywhere are refused first. rpm runs nothing of a source package, and the spec
 * file is read by mock in its root, never here.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure, type SpecEdit } from '../driver.ts';
import { must } from '../exec.ts';
import { editSpec, specIn } from '../spec-file.ts';
import { asUser, type MockRun } from './run.ts';

const timeoutMs = 10 * 60_000;

/** The end of mock's command line that makes the source package anew, from a spec that was edited if so wanted. */
export async function unpackedAction(one: MockRun, source: string, edit?: SpecEdit): Promise<string[]> {
  const top = join(one.dir, 'unpacked');
  await mkdir(top);
  if (one.user) await must('chown', [`${one.user.uid}:${one.user.gid}`, '--', top]);
  const rpm = ['rpm', '--nosignature', '--define', `_topdir ${top}`, '--dbpath', join(top, 'db')];
  const names = await asUser(one, [...rpm, '-qp', '--qf', '[%{BASENAMES}\\n]', '--', source], { timeoutMs });
  if (names.code !== 0) throw damaged('cannot be read', names.stderr);
  if (/\/|^\.{1,2}$/m.test(names.stdout))
    throw damaged('holds names that lead out of a folder', names.stdout);
  const result = await asUser(one, [...rpm, '-i', '--nodeps', '--', source], { timeoutMs });
  if (result.code !== 0) throw damaged('cannot be unpacked', result.stderr);
  if (edit) await editSpec(top, edit);
  const spec = await specIn(top);
  const sources = join(top, 'SOURCES');
  await mkdir(sources, { recursive: true });
  return ['--buildsrpm', '--spec', spec, '--sources', sources];
}

function damaged(how: string, said: string): BuildFailure {
  return new BuildFailure('srpm_damaged', `the source package ${how}`, said.slice(-2000));
}

/**
 * Whether mock can be used here, found by asking it.
 */
import type { Probe } from '../driver.ts';
import { tryArches } from '../emulation.ts';
import { run } from '../exec.ts';
import type { MockOptions } from './options.ts';
import { mockUser } from './user.ts';

export async function probeMock(options: MockOptions, asked: readonly string[] = []): Promise<Probe> {
  const { mockCommand = '/usr/bin/mock', isolation = 'auto' } = options;
  const problems: string[] = [];
  const warnings = ['The mock driver is not verified on a real mock yet; please report what you see.'];
  let version: string | undefined;
  try {
    const user = mockUser(options.user);
    const become = user ? ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups'] : [];
    const result = await run('setpriv', [...become, '--', mockCommand, '--version'], { timeoutMs: 20_000 });
    version = /\d[\w.]*/.exec(result.code === 0 ? result.stdout : '')?.[0];
    if (!version)
      problems.push(
        `mock does not answer (${result.stderr.trim().slice(0, 200) || result.code}): install mock.`,
      );
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  const arches = await tryArches(asked, options.home, 'never emulated');
  warnings.push(...arches.warnings);
  problems.push(...arches.problems);
  if (isolation === 'simple') {
    warnings.push("mock's simple isolation does not cut builds off from the network; nspawn does.");
  }
  return {
    driver: 'mock',
    usable: problems.length === 0,
    roots: 'mock',
    isolation: 'mock',
    cgroups: 'none',
    arches: arches.runs,
    warnings,
    problems,
    versions: { ...(version ? { mock: version } : {}), node: process.versions.node },
  };
}

/**
 * What orders that speak of repositories have in common.
 *
 * Invariant: of an order that was checked, every architecture is one and stands there once, and every repository has a
 * name, an address that can be fetched from and a priority.
 */
import { Refused } from '../failure.ts';
import { isArch, isName } from '../names.ts';
import type { Repository } from './repository.ts';

/** @throws Refused `bad_order` */
export function checkArches(arches: readonly { arch: string; repos: readonly Repository[] }[]): void {
  for (const [at, { arch, repos }] of arches.entries()) {
    if (!isArch(arch) || arches.findIndex((one) => one.arch === arch) < at)
      throw new Refused('bad_order', `${JSON.stringify(arch)} is no architecture, or there twice.`);
    const bad = repos.find(
      ({ id, baseurl, priority }) =>
        !isName(id) ||
        !/^(https?|file):\/\/\S+$/.test(baseurl) ||
        !URL.canParse(baseurl) ||
        !Number.isInteger(priority),
    );
    if (bad !== undefined)
      throw new Refused(
        'bad_order',
        `${JSON.stringify(bad.id)} at ${JSON.stringify(bad.baseurl)} is no repository.`,
      );
  }
}

/**
 * What a route demands, and whether a principal has it.
 *
 * Invariant: a demand that is not known here lets nobody in.
 */
import { type Demand, Problem } from '@moromi/contract';
import type { Principal } from '../ledger/index.ts';

type Rule = (principal: Principal) => boolean;

const isPerson: Rule = (principal) => principal.kind === 'person' || principal.kind === 'system';
const isAdmin: Rule = (principal) => isPerson(principal) && principal.permissions.includes('admin');
const mayBuild: Rule = (principal) =>
  isPerson(principal) && (principal.permissions.includes('build') || isAdmin(principal));
const maySign: Rule = (principal) =>
  isPerson(principal) && (principal.permissions.includes('sign') || isAdmin(principal));
const isWorker: Rule = (principal) => principal.kind === 'worker';

const rules: Record<Demand, Rule> = {
  anyone: () => true,
  person: isPerson,
  build: mayBuild,
  sign: maySign,
  admin: isAdmin,
  enrol: (principal) =>
    isAdmin(principal) || (principal.kind === 'enroller' && principal.permissions.includes('enrol')),
  worker: isWorker,
  uploader: (principal) => isWorker(principal) || mayBuild(principal),
};

export function demand(principal: Principal, wanted: Demand): void {
  if (rules[wanted](principal)) return;
  if (principal.kind === 'anonymous') throw new Problem('unauthenticated');
  throw new Problem('forbidden', `${principal.name} lacks what this demands: ${wanted}`, { demand: wanted });
}

/** Owners may change what is theirs, administrators everything. */
export function demandOwner(principal: Principal, owner: string): void {
  if (principal.name !== owner && !isAdmin(principal))
    throw new Problem('not_owner', `it belongs to ${owner}`);
}

/** Who may put work before that of others. */
export function mayHurry(principal: Principal): boolean {
  return isPerson(principal) && (principal.permissions.includes('hurry') || isAdmin(principal));
}

/**
 * What packages require, each different requirement once.
 *
 * Invariant: two packages' requirements are the same object exactly where they are the same capability, so they are met
 * or unmet together, and sets of them are sets of requirements.
 */
import { type Dependency, formatEvr, tryParseDependency } from '@moromi/rpm';
import type { Capability } from './capability.ts';

export interface Requirement {
  /** As rpm and dnf show it. */
  readonly text: string;
  /** null where rpm could not read it either. */
  readonly dependency: Dependency | null;
}

export class Requirements {
  readonly #known = new Map<string, Requirement>();

  of({ name, operator, evr }: Capability): Requirement {
    // createrepo_c writes an epoch of 0 that the package does not state.
    const version = evr === null ? null : formatEvr({ ...evr, epoch: evr.epoch === 0 ? null : evr.epoch });
    // No name holds a NUL, and some hold spaces.
    const key = operator === null ? name : `${name}\0${operator}\0${version}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = requirementOf(ownText(name), operator, version);
    this.#known.set(operator === null ? made.text : key, made);
    return made;
  }
}

/** A text that does not keep the piece of the document in memory from which it was cut. */
export function ownText(text: string): string {
  return Buffer.from(text).toString();
}

/** Names that a requirement speaks of: all of them, or those that it may have installed. */
export function namesIn({ dependency }: Requirement, which: 'all' | 'wanted'): string[] {
  return dependency === null ? [] : namesOf(dependency, which);
}

function namesOf(dependency: Dependency, which: 'all' | 'wanted'): string[] {
  switch (dependency.kind) {
    case 'simple':
      return [dependency.name];
    case 'group':
      return namesOf(dependency.operand, which);
    case 'without': {
      const [kept, dropped] = dependency.operands;
      return [...namesOf(kept, which), ...(which === 'all' ? namesOf(dropped, which) : [])];
    }
    case 'if':
    case 'unless': {
      const { consequence, condition, otherwise } = dependency;
      return [consequence, which === 'all' ? condition : null, otherwise].flatMap((one) =>
        one === null ? [] : namesOf(one, which),
      );
    }
    default:
      return dependency.operands.flatMap((operand) => namesOf(operand, which));
  }
}

function requirementOf(name: string, operator: Capability['operator'], version: string | null): Requirement {
  if (name.startsWith('(')) return { text: name, dependency: tryParseDependency(name) };
  const text = operator === null ? name : `${name} ${operator} ${version}`;
  return { text, dependency: { kind: 'simple', name, operator, version } };
}

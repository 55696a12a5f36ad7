/**
 * What a signer may sign, by its own rules, whatever a hub asks for.
 *
 * Invariant: pure. What no rule allows is refused; a rule that says nothing of packages allows none, and one that says
 * nothing of other files allows none of those. A rule's rate is what it has let through in the last hour.
 */
import { parse, TomlError } from 'smol-toml';

export interface Rule {
  name: string;
  /** Globs of key names or fingerprints. */
  keys: string[];
  /** Globs of tags; null: any, and none at all. */
  tags: string[] | null;
  /** Globs of source packages' names. */
  packages: string[];
  /** Globs of names of other files. */
  files: string[];
  /** Signatures in an hour, at most; null: any number. */
  perHour: number | null;
}

export interface Wanted {
  key: { name: string; fingerprint: string };
  tag: string | null;
  /** The source package's name as the file itself says, or another file's name. */
  package?: string;
  file?: string;
}

export type Judgement = { rule: string } | { code: string; message: string };

/** A mistake in the rules; the message says where and what. */
export class BadRules extends Error {}

const known = ['name', 'keys', 'tags', 'packages', 'files', 'per_hour'];

/** @param place of the text, for messages; throws BadRules */
export function parseRules(text: string, place: string): Rule[] {
  let tree: Record<string, unknown>;
  try {
    tree = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new BadRules(`${place}:${error.line}: ${error.message.split('\n')[0]}`);
  }
  const foreign = Object.keys(tree).find((key) => key !== 'allow');
  if (foreign !== undefined)
    throw new BadRules(`${place}: there is no ${foreign}; rules are written [[allow]]`);
  const tables = tree['allow'] ?? [];
  if (!Array.isArray(tables)) throw new BadRules(`${place}: rules are written [[allow]]`);
  const rules = tables.map((table, at) => ruleOf(table, `${place}: rule ${at + 1}`));
  const twice = rules.find((one, at) => rules.findIndex((other) => other.name === one.name) < at);
  if (twice !== undefined) throw new BadRules(`${place}: two rules are called ${twice.name}`);
  return rules;
}

function ruleOf(table: unknown, place: string): Rule {
  if (typeof table !== 'object' || table === null) throw new BadRules(`${place} is no table`);
  const said = table as Record<string, unknown>;
  const foreign = Object.keys(said).find((key) => !known.includes(key));
  if (foreign !== undefined)
    throw new BadRules(`${place}: there is no ${foreign}; a rule has ${known.join(', ')}`);
  const { name, per_hour: perHour = null } = said;
  if (typeof name !== 'string' || name === '') throw new BadRules(`${place} has no name`);
  if (perHour !== null && (typeof perHour !== 'number' || !Number.isSafeInteger(perHour) || perHour < 1))
    throw new BadRules(`${place}: per_hour wants a whole number from 1 on`);
  const globs = (key: string): string[] | undefined => {
    const value = said[key];
    if (value === undefined) return undefined;
    const list = typeof value === 'string' ? [value] : value;
    if (!Array.isArray(list) || !list.every((one) => typeof one === 'string' && one !== ''))
      throw new BadRules(`${place}: ${key} wants a list of texts, such as ["a*", "b"]`);
    return list as string[];
  };
  const keys = globs('keys');
  if (keys === undefined) throw new BadRules(`${place} names no keys`);
  return {
    name,
    keys,
    tags: globs('tags') ?? null,
    packages: globs('packages') ?? [],
    files: globs('files') ?? [],
    perHour,
  };
}

/** @param used how many signatures a rule has let through in the last hour */
export function judge(rules: readonly Rule[], wanted: Wanted, used: (rule: string) => number): Judgement {
  const fitting = rules.filter((rule) => fits(rule, wanted));
  const open = fitting.find((rule) => rule.perHour === null || used(rule.name) < rule.perHour);
  if (open !== undefined) return { rule: open.name };
  const [full] = fitting;
  const { key, tag } = wanted;
  const what = `${wanted.package ?? wanted.file} ${tag === null ? 'outside of tags' : `in ${tag}`} by ${key.name}`;
  return full === undefined
    ? { code: 'not_allowed', message: `no rule of this signer allows it to sign ${what}` }
    : {
        code: 'rate_exceeded',
        message: `the rule ${full.name} of this signer allows ${full.perHour} signatures an hour, and ${what} would be one more`,
      };
}

function fits(rule: Rule, { key, tag, package: name, file }: Wanted): boolean {
  return (
    (matches(rule.keys, key.name) || matches(rule.keys, key.fingerprint)) &&
    (rule.tags === null || (tag !== null && matches(rule.tags, tag))) &&
    (name !== undefined ? matches(rule.packages, name) : matches(rule.files, file ?? ''))
  );
}

/** `*` and `?`; everything else stands for itself. */
export function matches(globs: readonly string[], text: string): boolean {
  return globs.some((glob) => {
    const body = glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.');
    return new RegExp(`^${body}$`, 's').test(text);
  });
}

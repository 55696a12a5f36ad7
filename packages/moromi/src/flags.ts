/**
 * The flags of the processes (`moromi hub`, `moromi worker`) and their help, both made from the table of keys.
 *
 * Invariant: a process has a flag for every key of its section that is no secret, and no other.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { flagOf, type Key, keys, type Section, variableOf } from './keys.ts';
import { nearest } from './nearest.ts';

/** A command line that makes no sense. */
export class UsageError extends Error {
  readonly code = 'usage';
  readonly exit = 2;
  readonly todo: string;

  constructor(message: string, todo: string) {
    super(message);
    this.name = 'UsageError';
    this.todo = todo;
  }
}

export interface ProcessFlags {
  config?: string;
  help: boolean;
  debug: boolean;
  values: Record<string, string | boolean | string[]>;
}

export function parseFlags(process: Extract<Section, 'hub' | 'worker'>, args: string[]): ProcessFlags {
  const options: NonNullable<ParseArgsConfig['options']> = {
    config: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
    debug: { type: 'boolean' },
  };
  const flagged = Object.entries(keys[process]).filter(([, key]) => key.secret !== true);
  for (const [name, key] of flagged) {
    options[flagOf(name)] = {
      type: key.kind === 'boolean' ? 'boolean' : 'string',
      multiple: key.kind === 'list',
    };
  }
  const { values } = parsed(process, args, options);
  const flags: ProcessFlags = { help: values['help'] === true, debug: values['debug'] === true, values: {} };
  if (typeof values['config'] === 'string') flags.config = values['config'];
  for (const [name] of flagged) {
    const value = values[flagOf(name)];
    if (value !== undefined) flags.values[name] = value as string | boolean | string[];
  }
  return flags;
}

function parsed(process: string, args: string[], options: NonNullable<ParseArgsConfig['options']>) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false, allowNegative: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const wrong = /'--?(?:no-)?([a-z-]+)/.exec(message)?.[1] ?? '';
    const meant = nearest(wrong, Object.keys(options));
    const sentence = message.split(/\.(\s|$)/)[0] ?? message;
    const known = Object.hasOwn(options, wrong) || meant === undefined;
    throw new UsageError(
      `moromi ${process}: ${sentence}${known ? '' : `; did you mean --${meant}?`}`,
      `See \`moromi ${process} --help\`.`,
    );
  }
}

export function processHelp(process: Extract<Section, 'hub' | 'worker'>, summary: string): string {
  const lines = [`Usage: moromi ${process} [options]`, '', summary, '', 'Options:'];
  const row = (left: string, right: string) => lines.push(`  ${left.padEnd(30)}${right}`.trimEnd());
  for (const [name, key] of Object.entries(keys[process])) {
    const left = key.secret === true ? `(${variableOf(process, name)})` : spelled(name, key);
    const otherwise = key.otherwise === undefined ? '' : ` (otherwise: ${key.otherwise})`;
    if (left.length > 28) row(left, '');
    row(left.length > 28 ? '' : left, `${key.summary}${otherwise}`);
  }
  row('--config FILE', 'the configuration file');
  row('--debug', 'show stack traces of errors');
  lines.push(
    '',
    `Every option is also a key of [${process}] in the configuration file, and a variable: --log-level, log_level,`,
    `${variableOf(process, 'log_level')}. A flag goes before a variable, a variable before the file.`,
  );
  return `${lines.join('\n')}\n`;
}

/** `--driver native|mock`, `--[no-]own-worker`, `--home PATH`. */
function spelled(name: string, key: Key): string {
  if (key.kind === 'boolean') return `--[no-]${flagOf(name)}`;
  if (key.choices !== undefined)
    return `--${flagOf(name)} ${key.choices.join(key.kind === 'list' ? ',' : '|')}`;
  return `--${flagOf(name)} ${(key.kind === 'listen' ? 'address' : key.kind).toUpperCase()}`;
}

/**
 * The terms of a link of inheritance, as options.
 *
 * Invariant: what is not named is not sent, so an edited link keeps its other terms.
 */
import { usage } from './trouble.ts';
import { type Option, type Options, wholeNumber } from './verb.ts';

export const linkOptions: Option[] = [
  { flags: '--priority <number>', summary: '0 to 10000, lower is looked at first' },
  { flags: '--maxdepth <number>', summary: "how many links may follow this one; or 'none'" },
  { flags: '--intransitive', summary: 'it counts for this tag, and not for those that inherit from it' },
  { flags: '--no-intransitive', summary: 'it counts for them too' },
  { flags: '--noconfig', summary: 'packages and builds come through, settings do not' },
  { flags: '--with-config', summary: 'settings come through too' },
  {
    flags: '--pkg-filter <pattern>',
    summary: "a regular expression that packages' names must match from their beginning; '' for none",
  },
];

export interface LinkTerms {
  priority?: number;
  maxdepth?: number | null;
  intransitive?: boolean;
  noconfig?: boolean;
  pkgFilter?: string | null;
}

export function linkTerms(options: Options): LinkTerms {
  const priority = options.integer('priority', 0, 10_000);
  const depth = options.text('maxdepth');
  const filter = options.text('pkg-filter');
  if (options.flag('noconfig') && options.flag('with-config'))
    throw usage('--noconfig and --with-config exclude each other');
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(depth === undefined
      ? {}
      : { maxdepth: depth === 'none' ? null : wholeNumber(depth, '--maxdepth', 0, 1000) }),
    ...(options.flag('intransitive') ? { intransitive: true } : {}),
    ...(options.off('intransitive') ? { intransitive: false } : {}),
    ...(options.flag('noconfig') ? { noconfig: true } : {}),
    ...(options.flag('with-config') ? { noconfig: false } : {}),
    ...(filter === undefined ? {} : { pkgFilter: filter === '' ? null : filter }),
  };
}

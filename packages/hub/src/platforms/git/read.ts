/**
 * What the files of a git catalogue say: tables `platforms.NAME`, `flavours.NAME` and `tags.NAME`, in the words of the
 * JSON that `--json` shows.
 *
 * Invariant: all of it is checked, and every mistake names file, line and key; a key that nobody knows is one.
 */
import { setImmediate } from 'node:timers/promises';
import { FlavourEdit, PlatformEdit, Problem, TagSettings } from '@moromi/contract';
import { parse, TomlError } from 'smol-toml';
import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { GitFile } from './fetch.ts';
import { Lines } from './lines.ts';

const OwnWords = Type.Partial(TagSettings);
const kinds = {
  platforms: { schema: PlatformEdit, form: Compile(PlatformEdit) },
  flavours: { schema: FlavourEdit, form: Compile(FlavourEdit) },
  tags: { schema: OwnWords, form: Compile(OwnWords) },
};
type Kind = keyof typeof kinds;
const isKind = (word: string): word is Kind => Object.hasOwn(kinds, word);

const name = /^[A-Za-z0-9][A-Za-z0-9._+~^-]{0,199}$/;
/** Of more than these nobody reads. */
const mostTold = 20;

/** In characters. The parser takes the square of a key's length: 3 s for one of 256 KiB. */
const longestLine = 16_384;

/** Something said, and where. */
export interface Stated<T> {
  name: string;
  said: T;
  /** `FILE:LINE` of it, or of one of its keys. */
  at(key?: string): string;
}

export interface Catalogue {
  platforms: Stated<Static<typeof PlatformEdit>>[];
  flavours: Stated<Static<typeof FlavourEdit>>[];
  tags: Stated<Static<typeof OwnWords>>[];
}

/** @throws Problem `catalogue_wrong` with all mistakes */
export async function readCatalogue(files: readonly GitFile[]): Promise<Catalogue> {
  const catalogue: Catalogue = { platforms: [], flavours: [], tags: [] };
  const wrong: string[] = [];
  const places = new Map<string, string>();
  for (const { path, text } of files) {
    // Others of the hub have their turn between two files.
    await setImmediate();
    const tree = parsed(path, text, wrong);
    if (tree === undefined) continue;
    const lines = new Lines(text);
    const at = (...keys: (string | number)[]) => `${path}:${lines.of(keys)}`;
    for (const [kind, table] of Object.entries(tree)) {
      if (!isKind(kind)) {
        wrong.push(`${at(kind)}: ${kind}: there are platforms, flavours and tags`);
        continue;
      }
      if (!isTable(table)) {
        wrong.push(`${at(kind)}: ${kind}: it is a table, written [${kind}.NAME]`);
        continue;
      }
      for (const [named, said] of Object.entries(table)) {
        const place = at(kind, named);
        const key = `${kind}.${named}`;
        const other = places.get(key);
        if (!name.test(named)) wrong.push(`${place}: ${key}: that is no name`);
        if (other !== undefined) wrong.push(`${place}: ${key}: it is said in ${other} too`);
        places.set(key, place);
        const mistakes = mistakesIn(kind, said);
        for (const one of mistakes)
          wrong.push(`${at(kind, named, ...one.path)}: ${[key, ...one.path].join('.')}: ${one.why}`);
        const whereIs = (one?: string) => (one === undefined ? place : at(kind, named, one));
        // The parser's tables are objects of no prototype, and so like no others.
        if (mistakes.length === 0)
          add(catalogue, kind, { name: named, said: structuredClone(said), at: whereIs });
      }
    }
  }
  if (wrong.length > 0) {
    const more = wrong.length > mostTold ? `\n… and ${wrong.length - mostTold} more` : '';
    throw new Problem('catalogue_wrong', `${wrong.slice(0, mostTold).join('\n')}${more}`);
  }
  return catalogue;
}

/** What was checked against the schema of its kind. */
function add(catalogue: Catalogue, kind: Kind, one: Stated<unknown>): void {
  (catalogue[kind] as Stated<unknown>[]).push(one);
}

function parsed(path: string, text: string, wrong: string[]): Record<string, unknown> | undefined {
  const long = text.split('\n').findIndex((line) => line.length > longestLine);
  if (long >= 0) {
    wrong.push(`${path}:${long + 1}: the line has more than ${longestLine} characters; break it`);
    return undefined;
  }
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    wrong.push(`${path}:${error.line}: ${error.message.split('\n')[0]}`);
    return undefined;
  }
}

interface Mistake {
  path: string[];
  why: string;
}

function mistakesIn(kind: Kind, said: unknown): Mistake[] {
  const { schema, form } = kinds[kind];
  const strange = strangers(schema, said, []);
  if (form.Check(said)) return strange;
  const found = new Map<string, Mistake>();
  for (const { instancePath, message } of form.Errors(said)) {
    const path = instancePath.split('/').slice(1).map(unescaped);
    if (!found.has(instancePath)) found.set(instancePath, { path, why: message });
  }
  // A key that nobody knows is told by its own name.
  const rest = [...found.values()].filter(
    (one) => !strange.some((other) => other.path.slice(0, -1).join('\0') === one.path.join('\0')),
  );
  return [...strange, ...rest];
}

const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

interface Shape {
  properties?: Record<string, TSchema>;
  patternProperties?: Record<string, TSchema>;
  items?: TSchema;
  anyOf?: TSchema[];
}

/** Keys that the schema has no word for: as schemas go, objects may have more than they say. */
function strangers(schema: TSchema, value: unknown, path: string[]): Mistake[] {
  const { properties, patternProperties, items, anyOf } = schema as Shape;
  if (anyOf !== undefined) {
    const [only, ...more] = anyOf.filter((one) => isTable(value) === 'properties' in one);
    return only === undefined || more.length > 0 ? [] : strangers(only, value, path);
  }
  if (Array.isArray(value))
    return items === undefined
      ? []
      : value.flatMap((one, index) => strangers(items, one, [...path, String(index)]));
  if (!isTable(value)) return [];
  const every = Object.values(patternProperties ?? {})[0];
  return Object.entries(value).flatMap(([key, one]) => {
    const known = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : every;
    if (known !== undefined) return strangers(known, one, [...path, key]);
    if (properties === undefined) return [];
    return [
      { path: [...path, key], why: `there is no such key; there are ${Object.keys(properties).join(', ')}` },
    ];
  });
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

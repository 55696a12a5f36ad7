/**
 * One document of modules.yaml.
 *
 * Invariant: it is a plain tree of bounded size and depth, without anchors, aliases and tags, its scalars texts as they
 * are written: `stream: 1.10` is not 1.1.
 */
import { isAlias, isMap, isScalar, parseDocument, visit, type YAMLMap } from 'yaml';
import { RepodataError, shown } from '../errors.ts';

export interface ModuleDocument {
  /** Module, kind, and what tells it from others of its kind: by this documents are the same, and sorted. */
  readonly about: readonly [module: string, kind: string, ...rest: string[]];
  /** A number that rises with each change of defaults and the like; 0 for streams, whose version tells them apart. */
  readonly modified: bigint;
  /** As written, without the marks around it. */
  readonly text: string;
}

type Tree = ReadonlyMap<string, unknown>;

const most = { bytes: 16 * 2 ** 20, document: 2 ** 20, depth: 32, documents: 50_000 };

interface Kind {
  readonly versions: readonly string[];
  /** Texts and trees that `data` must have. */
  readonly required: readonly string[];
  /** Of `data`: what tells one document from another. */
  readonly keys: readonly string[];
}

const stream = ['name', 'stream', 'version', 'context', 'arch'];
const kinds: Readonly<Record<string, Kind>> = {
  modulemd: { versions: ['1', '2', '3'], required: ['summary', 'description', 'license'], keys: stream },
  'modulemd-stream': {
    versions: ['3'],
    required: ['name', 'stream', 'summary', 'description', 'license'],
    keys: stream,
  },
  'modulemd-packager': {
    versions: ['2', '3'],
    required: ['summary', 'description', 'license'],
    keys: stream,
  },
  'modulemd-defaults': { versions: ['1'], required: ['module'], keys: ['module'] },
  'modulemd-translations': { versions: ['1'], required: ['module', 'stream'], keys: ['module', 'stream'] },
  'modulemd-obsoletes': {
    versions: ['1'],
    required: ['module', 'stream', 'modified', 'message'],
    keys: ['module', 'stream', 'context'],
  },
};

/** Throws `RepodataError`: damaged, hostile, too_large. */
export function readModuleDocuments(bytes: Buffer): ModuleDocument[] {
  if (bytes.length > most.bytes)
    throw new RepodataError('too_large', `modules.yaml is larger than ${most.bytes} bytes.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RepodataError('damaged', 'modules.yaml is not UTF-8.');
  }
  const documents = [...documentsIn(text)];
  if (documents.length > most.documents)
    throw new RepodataError('too_large', `modules.yaml has more than ${most.documents} documents.`);
  return documents.map(({ text: one, line }) => {
    try {
      return documentOf(one);
    } catch (error) {
      throw error instanceof RepodataError ? beginningAt(error, line) : error;
    }
  });
}

/** With the lines at which they begin, those without the mark before them. */
function* documentsIn(text: string): Generator<{ text: string; line: number }> {
  let line = 1;
  // A line that begins so ends any document (YAML 1.2 §9.1.2), whatever it stands in.
  for (const part of text.split(/^((?:---|\.\.\.)(?=\s|$)[ \t]*)/m)) {
    // Of the line on which the mark stood.
    const [blank = ''] = /^(?:[ \t]*\r?\n)+/.exec(part) ?? [];
    const one = part.slice(blank.length);
    if (isSomething(part) && !/^(?:---|\.\.\.)[ \t]*$/.test(part))
      yield { text: one, line: line + linesIn(blank) };
    line += linesIn(part);
  }
}

function linesIn(text: string): number {
  return text.split('\n').length - 1;
}

function beginningAt({ code, message }: RepodataError, line: number): RepodataError {
  return new RepodataError(code, `${message.replace(/\.$/, '')} (in the document from line ${line} on).`);
}

/** More than blank lines and comments. */
function isSomething(text: string): boolean {
  return text.split('\n').some((line) => !/^\s*(?:#|$)/.test(line));
}

function documentOf(text: string): ModuleDocument {
  if (text.length > most.document)
    throw new RepodataError(
      'too_large',
      `A document of modules.yaml is longer than ${most.document} characters.`,
    );
  const tree = treeOf(text);
  const kind = textOf(tree, 'document');
  const version = textOf(tree, 'version');
  const known = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (known?.versions.includes(version) !== true)
    throw new RepodataError(
      'damaged',
      `modules.yaml has a document ${shown(kind)} of version ${shown(version)}.`,
    );
  const data = tree.get('data');
  if (!(data instanceof Map))
    throw new RepodataError('damaged', `A document ${kind} of modules.yaml has no data.`);
  // Streams that were built have a name; the first version and what packagers write need none.
  const required =
    kind === 'modulemd' && version !== '1' ? ['name', 'stream', ...known.required] : known.required;
  for (const field of required) {
    const value = data.get(field);
    if (value === undefined || value === '' || value === null)
      throw new RepodataError('damaged', `A document ${kind} of modules.yaml has no ${field}.`);
  }
  const [name = '', ...rest] = known.keys.map((key) => textOf(data, key));
  checkNumber(data, 'version', kind);
  checkNumber(data, 'modified', kind);
  const modified = kind.startsWith('modulemd-') ? textOf(data, 'modified') : '';
  return { about: [name, kind, ...rest], modified: BigInt(modified || '0'), text };
}

function checkNumber(data: Tree, field: string, kind: string): void {
  const text = textOf(data, field);
  // 202611220304 is how a time is written; all fit 64 bits.
  if (!/^[0-9]{0,19}$/.test(text))
    throw new RepodataError(
      'damaged',
      `The ${field} ${shown(text)} of a document ${kind} of modules.yaml is no number.`,
    );
}

function textOf(tree: Tree, key: string): string {
  const value = tree.get(key);
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string')
    throw new RepodataError('damaged', `The ${key} of a document of modules.yaml is no text.`);
  return value;
}

function treeOf(text: string): Tree {
  checkNesting(text);
  try {
    return plainTree(text);
  } catch (error) {
    // So deep that the parser's stack did not hold it.
    if (error instanceof RangeError) throw new RepodataError('hostile', 'modules.yaml is nested too deep.');
    throw error;
  }
}

/** The parser takes seconds to find that its stack does not hold a document of brackets. */
function checkNesting(text: string): void {
  let open = 0;
  let deepest = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, open);
  }
  if (deepest > 16 * most.depth || /(?:[-?][ \t]+){33}/.test(text))
    throw new RepodataError('hostile', 'modules.yaml is nested too deep.');
}

function plainTree(text: string): Tree {
  // The parser compares each key of a mapping with all others, which a stranger could make it do for minutes.
  const document = parseDocument(text, { schema: 'failsafe', logLevel: 'silent', uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined)
    throw new RepodataError('damaged', `modules.yaml is not well-formed YAML: ${shown(error.message)}.`);
  visit(document, {
    Node: (_, node, path) => {
      if (path.length > most.depth) throw new RepodataError('hostile', 'modules.yaml is nested too deep.');
      if (isAlias(node) || node.anchor !== undefined || node.tag !== undefined)
        throw new RepodataError(
          'hostile',
          'modules.yaml has an anchor, an alias or a tag, which modules never need.',
        );
      if (isMap(node)) checkKeys(node);
    },
  });
  const tree: unknown = document.toJS({ mapAsMap: true, maxAliasCount: 0 });
  if (!(tree instanceof Map)) throw new RepodataError('damaged', 'A document of modules.yaml is no mapping.');
  return tree;
}

function checkKeys(map: YAMLMap): void {
  const seen = new Set<unknown>();
  for (const { key } of map.items) {
    if (!isScalar(key)) throw new RepodataError('damaged', 'modules.yaml has a key that is no text.');
    if (seen.has(key.value))
      throw new RepodataError(
        'damaged',
        `modules.yaml has the key ${shown(String(key.value))} twice in a mapping.`,
      );
    seen.add(key.value);
  }
}

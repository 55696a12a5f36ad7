/**
 * On which line of a TOML file each key stands.
 *
 * Invariant: it is asked after the file was parsed, so only sound TOML comes here. A key that is not found where it is
 * looked for (inside an inline table, say) is where what holds it is.
 */

/** One part of a dotted key, bare or in quotes. */
const part = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*/y;

/** Of a longer key the first parts are kept, so that what is kept grows with the text and not with its square. */
const mostParts = 8;

const keyOf = (path: readonly (string | number)[]): string => path.join('\0');

export class Lines {
  readonly #lines = new Map<string, number>();

  constructor(text: string) {
    let section: string[] = [];
    const counted = new Map<string, number>();
    let inside: string | undefined;
    for (const [index, line] of text.split('\n').entries()) {
      if (inside !== undefined) {
        if (line.includes(inside)) inside = undefined;
        continue;
      }
      const [, brackets, header] = /^\s*(\[\[?)(.*)\]/.exec(line) ?? [];
      if (brackets !== undefined && header !== undefined) {
        section = parts(header)?.names ?? [];
        if (brackets === '[[') {
          const count = counted.get(keyOf(section)) ?? 0;
          counted.set(keyOf(section), count + 1);
          section = [...section, String(count)];
        }
        this.#note(section, index + 1);
        continue;
      }
      const read = parts(line);
      if (read === undefined || line[read.end] !== '=') continue;
      this.#note([...section, ...read.names], index + 1);
      const value = line.slice(read.end + 1).trim();
      const opened = /^("""|''')/.exec(value)?.[1];
      if (opened !== undefined && !value.slice(3).includes(opened)) inside = opened;
    }
  }

  #note(path: readonly string[], line: number): void {
    for (let length = Math.min(path.length, mostParts); length > 0; length--) {
      const key = keyOf(path.slice(0, length));
      if (!this.#lines.has(key)) this.#lines.set(key, line);
    }
  }

  of(path: readonly (string | number)[]): number {
    for (let length = Math.min(path.length, mostParts); length > 0; length--) {
      const line = this.#lines.get(keyOf(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  }
}

function parts(text: string): { names: string[]; end: number } | undefined {
  const names: string[] = [];
  part.lastIndex = 0;
  for (;;) {
    const found = part.exec(text);
    if (found === null) return undefined;
    names.push(found[1]?.replaceAll(/\\(.)/g, '$1') ?? found[2] ?? found[3] ?? '');
    const end = part.lastIndex;
    if (text[end] !== '.') return { names, end };
    part.lastIndex = end + 1;
  }
}

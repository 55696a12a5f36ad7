/**
 * Where a verb writes: the reader's output, notes beside it, and what the terminal can do.
 *
 * Invariant: standard output holds what was asked for and nothing else; with `--json` it is JSON alone. Escape
 * sequences go to a terminal only, and only the ones made here: lines, which often say what others have said, have none.
 */
import picocolors from 'picocolors';
import { printable } from './escape.ts';
import { type Column, table } from './table.ts';

export interface ScreenOptions {
  json: boolean;
  quiet: boolean;
  utc: boolean;
}

export interface Stream {
  write(text: string | Uint8Array): boolean;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

export class Screen {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly utc: boolean;
  /** A terminal on which lines may be drawn again. */
  readonly lively: boolean;
  readonly terminal: boolean;
  readonly colors: ReturnType<typeof picocolors.createColors>;
  readonly #out: Stream;
  readonly #err: Stream;
  /** Takes lines while a live region stands, to put them above it. */
  #above: ((line: string) => void) | undefined;

  constructor(out: Stream, err: Stream, env: NodeJS.ProcessEnv, options: ScreenOptions) {
    this.#out = out;
    this.#err = err;
    this.json = options.json;
    this.quiet = options.quiet;
    this.utc = options.utc;
    const plain = ['CI', 'NO_COLOR'].some((name) => (env[name] ?? '') !== '') || env['TERM'] === 'dumb';
    this.terminal = out.isTTY === true;
    this.lively = out.isTTY === true && !plain && !options.json;
    this.colors = picocolors.createColors(this.lively);
  }

  get columns(): number {
    return this.#out.columns ?? 80;
  }

  line(text = ''): void {
    const safe = printable(text, { lines: true });
    if (this.#above === undefined) this.#out.write(`${safe}\n`);
    else this.#above(safe);
  }

  lines(texts: string[]): void {
    for (const text of texts) this.line(text);
  }

  raw(piece: string | Uint8Array): void {
    this.#out.write(piece);
  }

  /** Something beside the output: on standard error, never with `--quiet`. */
  note(text: string): void {
    if (this.quiet) return;
    const safe = printable(text, { lines: true });
    if (this.#above !== undefined) this.#above(safe);
    else this.#err.write(`${safe}\n`);
  }

  /** Something that whoever asked must know now: on standard error, with `--quiet` too. */
  warn(text: string): void {
    const line = `warning: ${printable(text)}`;
    if (this.#above !== undefined) this.#above(line);
    else this.#err.write(`${line}\n`);
  }

  /** A whole document, readable. */
  document(value: unknown): void {
    this.#out.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** One line of JSON. */
  jsonLine(value: unknown): void {
    this.#out.write(`${JSON.stringify(value)}\n`);
  }

  table<T>(columns: Column<T>[], rows: T[]): void {
    this.lines(table(columns, rows, { quiet: this.quiet }));
  }

  putLinesAbove(taker: ((line: string) => void) | undefined): void {
    this.#above = taker;
  }
}

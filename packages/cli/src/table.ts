/**
 * Tables with a dashed rule, as Koji's users know them.
 *
 * Invariant: every cell is free of control characters, and columns stand where their heads do whatever the cells hold.
 */
import { printable } from './escape.ts';

export interface Column<T> {
  head: string;
  cell: (row: T) => string | number | null;
  right?: true;
}

/** Lines of the table; without head and rule when `quiet`. */
export function table<T>(columns: Column<T>[], rows: T[], { quiet }: { quiet: boolean }): string[] {
  const cells = rows.map((row) => columns.map((column) => printable(String(column.cell(row) ?? ''))));
  const widths = columns.map(({ head }, index) =>
    Math.max(quiet ? 0 : width(head), ...cells.map((row) => width(row[index] ?? ''))),
  );
  const line = (row: string[]) =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.right === true))
      .join('  ')
      .trimEnd();
  const body = cells.map(line);
  if (quiet) return body;
  const rule = '-'.repeat(widths.reduce((sum, one) => sum + one, 0) + 2 * (columns.length - 1));
  return [line(columns.map(({ head }) => head)), rule, ...body];
}

/** `Name:    value` lines, for one thing; what is empty is left out. */
export function fields(pairs: [string, string | number | null | undefined][]): string[] {
  const told = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const widest = Math.max(0, ...told.map(([name]) => name.length));
  return told.map(([name, value]) => `${`${name}:`.padEnd(widest + 2)}${printable(String(value))}`);
}

/** Columns that a text takes: wide East Asian letters two, marks none. */
export function width(text: string): number {
  let columns = 0;
  for (const letter of text) {
    if (/\p{Mark}|\u200b|\u200d/u.test(letter)) continue;
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
        letter,
      )
        ? 2
        : 1;
  }
  return columns;
}

function pad(text: string, to: number, right: boolean): string {
  const gap = ' '.repeat(Math.max(0, to - width(text)));
  return right ? gap + text : text + gap;
}

/** The beginning of a text that fits into so many columns. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const letter of text) {
    const next = width(letter);
    if (used + next > columns - 1) break;
    kept += letter;
    used += next;
  }
  return columns < 1 ? '' : `${kept}…`;
}

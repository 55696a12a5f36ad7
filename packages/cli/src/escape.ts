/**
 * Text from others (log lines, package and worker names, messages) made safe to show on a terminal.
 *
 * Invariant: what comes out moves no cursor, changes no colour, title or clipboard, and reads in the order in which it
 * is written: control characters, escape sequences and Unicode's direction marks are gone.
 */

/** ESC [ … m and its like; ESC ] … BEL (titles, links, clipboard); ESC P/X/^/_ … ST; then any other ESC pair. */
const sequences =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g;
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Tabs become spaces, and so do line ends unless `lines`. */
export function printable(text: string, { lines = false }: { lines?: boolean } = {}): string {
  const bare = text.replace(sequences, '').replace(controls, '').replaceAll('\t', '    ');
  return lines ? bare : bare.replace(/\n+/g, ' ');
}

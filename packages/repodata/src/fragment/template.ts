/**
 * A text with holes, to be filled later.
 *
 * Invariant: a NUL is a hole and nothing else, since XML cannot have one; so a template is plain bytes and needs no list
 * of places.
 */

export const HOLE = '\0';

/** UTF-8 with a NUL for each hole. */
export type Template = Buffer;

/** @param values one for each hole, in the text's order */
export function fill(template: Template, values: readonly string[]): Buffer {
  let length = template.length - values.length;
  for (const value of values) length += Buffer.byteLength(value);
  const filled = Buffer.allocUnsafe(length);
  let [from, at] = [0, 0];
  for (const value of values) {
    const hole = template.indexOf(0, from);
    at += template.copy(filled, at, from, hole);
    at += filled.write(value, at);
    from = hole + 1;
  }
  template.copy(filled, at, from);
  return filled;
}

export function holesOf(template: Template): number {
  let holes = 0;
  for (let at = template.indexOf(0); at >= 0; at = template.indexOf(0, at + 1)) holes++;
  return holes;
}

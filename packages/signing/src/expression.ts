/**
 * Canonical S-expressions, as gpg-agent gives its signatures (libgcrypt's manual, "S-expressions"): `(7:sig-val(3:rsa(1:s…)))`,
 * with lengths before the bytes.
 */

export type Expression = Buffer | Expression[];

/** Null where the bytes are not one canonical expression. */
export function readExpression(bytes: Buffer): Expression | null {
  const stack: Expression[][] = [[]];
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at];
    if (byte === 0x28) {
      stack.push([]);
      at++;
    } else if (byte === 0x29) {
      const done = stack.pop();
      const outer = stack.at(-1);
      if (done === undefined || outer === undefined) return null;
      outer.push(done);
      at++;
    } else {
      const colon = bytes.indexOf(0x3a, at);
      const text = colon < 0 ? '' : bytes.toString('latin1', at, colon);
      const end = colon + 1 + Number(text);
      if (!/^\d{1,6}$/.test(text) || end > bytes.length) return null;
      stack.at(-1)?.push(bytes.subarray(colon + 1, end));
      at = end;
    }
  }
  const [whole, ...more] = stack.length === 1 ? (stack[0] ?? []) : [];
  return whole === undefined || more.length > 0 ? null : whole;
}

/** The value of the innermost list with this name: of `(s VALUE)` VALUE; null where there is none. */
export function valueIn(expression: Expression | null, name: string): Buffer | null {
  if (!Array.isArray(expression)) return null;
  const [first, second] = expression;
  if (Buffer.isBuffer(first) && first.toString('latin1') === name && Buffer.isBuffer(second)) return second;
  for (const part of expression) {
    const found = valueIn(part, name);
    if (found !== null) return found;
  }
  return null;
}

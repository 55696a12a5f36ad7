/**
 * Signed text that can be read as it is (RFC 9580, 7): announcements, lists of checksums.
 *
 * Invariant: the text that `checkText` gives is the text that was signed, whole: nothing may stand before or after it, and
 * no header but `Hash:` is taken, since a reader would take what is there for signed.
 */

import { type CheckOptions, checkSignature } from './check.ts';
import { armorSignature, unarmorSignature } from './detached.ts';
import { SigningError } from './errors.ts';
import { makeSignature, type SignOptions } from './maker.ts';
import type { PublicKey } from './publickey.ts';
import type { Signer } from './signer.ts';
import { type Verdict, verdict } from './verdict.ts';

const BEGIN = '-----BEGIN PGP SIGNED MESSAGE-----';
const SIGNATURE = '-----BEGIN PGP SIGNATURE-----';
const END = '-----END PGP SIGNATURE-----';

/** Signs a text. Blanks at the ends of its lines are not signed. Throws SigningError key_unusable, signer_failed. */
export async function signText(
  signer: Signer,
  text: string,
  options: Omit<SignOptions, 'type'> = {},
): Promise<string> {
  if (/[\r\0]/.test(text)) throw new SigningError('bad_text', 'Text to sign has plain line ends and no NUL.');
  const lines = text.replace(/\n$/, '').split('\n');
  const { hash = 'sha256' } = options;
  const packet = await makeSignature(signer, signedBytes(lines), { ...options, type: 1 });
  const shown = lines.map((line) => (line.startsWith('-') ? `- ${line}` : line));
  return [BEGIN, `Hash: ${hash.toUpperCase()}`, '', ...shown, armorSignature(packet)].join('\n');
}

/** Gives the verdict, and the text that was signed where it is good (else null). */
export async function checkText(
  message: string,
  keys: readonly PublicKey[],
  options: Omit<CheckOptions, 'types'> = {},
): Promise<{ verdict: Verdict; text: string | null }> {
  const parts = split(message.replaceAll('\r\n', '\n'));
  const packets = parts === null ? null : await unarmorSignature(parts.signature);
  if (parts === null || packets === null)
    return {
      verdict: verdict('signature_damaged', 'It is no signed text, or there is more than it.'),
      text: null,
    };
  const found = await checkSignature(keys, packets, signedBytes(parts.lines), { ...options, types: [1] });
  return { verdict: found, text: found.code === 'good' ? `${parts.lines.join('\n')}\n` : null };
}

/** The lines, each without blanks at its end; line ends become CR LF as for any signed text. The last has none. */
function signedBytes(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.map((line) => line.replace(/[ \t]+$/, '')).join('\n'));
}

function split(message: string): { lines: string[]; signature: string } | null {
  const lines = message.trimEnd().split('\n');
  const blank = lines.indexOf('');
  const start = lines.indexOf(SIGNATURE);
  const headers = lines.slice(1, blank);
  const isWhole = lines[0] === BEGIN && blank > 0 && start > blank && lines.indexOf(END) === lines.length - 1;
  if (!isWhole || !headers.every((line) => /^Hash: [A-Z0-9, -]+$/.test(line))) return null;
  const text = lines.slice(blank + 1, start);
  // Every line that begins with a dash is escaped, so no line of the text is taken for one of the frame.
  if (text.some((line) => line.startsWith('-') && !line.startsWith('- '))) return null;
  const unescaped = text.map((line) => line.replace(/^- /, '').replace(/[ \t]+$/, ''));
  return { lines: unescaped, signature: lines.slice(start).join('\n') };
}

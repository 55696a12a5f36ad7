/**
 * Where a foreign repository says that a package's file is.
 *
 * Invariant: a location that came through here stays below the address that it is joined to, and a base is an address of
 * the network: neither names this machine's files.
 */
import { RepodataError, shown } from '../errors.ts';
import { missing } from '../xml.ts';

/** Characters of a path in an address (RFC 3986 §3.3) and `^`, which versions have. */
const path = /^[A-Za-z0-9._~!$&'()*+,;=:@%^/-]+$/;

export function checkLocation(href: string | undefined): string {
  if (href === undefined || href === '') throw missing('location');
  const plain = unescaped(href);
  const parts = plain?.split('/') ?? [];
  const sound =
    plain !== undefined &&
    href.length <= 1000 &&
    path.test(href) &&
    !/[\u0000-\u001f\u007f\\]/.test(plain) &&
    !/^[^/]*:/.test(href) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!sound)
    throw new RepodataError(
      'hostile',
      `The metadata's location ${shown(href)} may lead out of the repository.`,
    );
  return href;
}

/** null where there is none. */
export function checkBase(base: string | undefined): string | null {
  if (base === undefined || base === '') return null;
  const { protocol } = URL.canParse(base) ? new URL(base) : { protocol: '' };
  if (!['http:', 'https:', 'ftp:'].includes(protocol) || base.length > 2000)
    throw new RepodataError('hostile', `The metadata sends for a package to ${shown(base)}.`);
  return base;
}

function unescaped(href: string): string | undefined {
  if (!href.includes('%')) return href;
  try {
    return decodeURIComponent(href);
  } catch {
    return undefined;
  }
}

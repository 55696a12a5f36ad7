/**
 * The newest entries of a changelog, as other metadata lists them.
 *
 * Invariant: as createrepo_c has them (src/parsehdr.c): the first so many of the header, which are the newest, oldest
 * first. Readers tell entries by their dates, so of entries that follow one another with one date each is dated a second
 * after the older one, and so on with those that have that date by then. Dates from 2^31 on stay as they are.
 */
import { type Header, TAG } from '@moromi/rpm';
import { RepodataError } from '../errors.ts';
import { textsOf } from './texts.ts';

/** Spreading the dates of many entries costs their square. */
const limit = 2 ** 14;

/** @param wanted entries; at least 1, and at most 16,384 of them are told */
export function changelogOf(header: Header, wanted: number): string {
  const most = Math.min(wanted, limit);
  const dates = (header.get(TAG.CHANGELOGTIME) ?? []).slice();
  if (dates.length === 0) return '';
  const authors = textsOf(header, TAG.CHANGELOGNAME, 'prose', most);
  const texts = textsOf(header, TAG.CHANGELOGTEXT, 'prose', most);
  if (authors.count !== dates.length || texts.count !== dates.length)
    throw new RepodataError('damaged', 'The changelog has not as many authors and texts as times.');
  if (dates.length > most) dates.length = most;
  spread(dates);
  const [who, what] = [authors.inAttributes(), texts.inElements()];
  let xml = '';
  for (let at = dates.length - 1; at >= 0; at--)
    xml += `  <changelog author="${trimmed(who[at] ?? '')}" date="${dates[at]}">${what[at] ?? ''}</changelog>\n`;
  return xml;
}

/** Dates newest first, as headers have them. */
function spread(dates: number[]): void {
  let last = 0;
  for (let at = 0; at < dates.length; at++) {
    const date = dates[at] ?? 0;
    if (date !== last) {
      last = date;
      continue;
    }
    if (date >= 2 ** 31) continue;
    let taken = date;
    for (let before = at - 1; before >= 0 && dates[before] === taken; before--) dates[before] = ++taken;
  }
}

/** Without the spaces at its end; the first character stays. */
function trimmed(author: string): string {
  if (!author.endsWith(' ')) return author;
  let end = author.length;
  while (end > 1 && author[end - 1] === ' ') end--;
  return author.slice(0, end);
}

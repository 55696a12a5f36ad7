/**
 * Raises the release of a spec file's text by one step, as a mass rebuild does before it builds a package again.
 *
 * Invariant: the release that rpm reads from the result is greater than before, by rpmvercmp and whatever conditions
 * hold; and but for numbers that were raised and one entry of the changelog every byte stays as it was.
 *
 * It follows rpmdev-bumpspec (rpmdevtools, version 1.0.13): `releasevalue.ts` has the rule for a value,
 * `releaselines.ts` says which lines it applies to.
 */

import { type Change, changelogLine, formatChange } from './changelogentry.ts';
import { counterOf, ReleaseLines } from './releaselines.ts';
import { SpecMacros } from './specmacros.ts';
import { definitionsOf, readSpecLines, type SpecLine, tagsOf } from './spectext.ts';

export interface Bumped {
  readonly spec: string;
  /** `autorelease` where the number is raised that rpmautospec has written into the spec. */
  readonly how: 'release' | 'autorelease';
}

/**
 * Raises every Release of the spec. If the spec has a changelog that is not generated from commits, it gets an entry;
 * the version in it is `[epoch:]version-release` with an empty `%dist`, as rpmdev-bumpspec writes it, and left out
 * where the text alone does not tell it (see `specmacros.ts`).
 *
 * @param spec decoded so that encoding it again gives the same bytes: as ISO 8859-1 if it is not UTF-8
 * Throws RpmError `no_release`: no Release, or one by `%autorelease` in a spec that rpmautospec has not processed,
 * since it counts commits that the text does not have. Throws RangeError as `formatChange` does.
 */
export function bumpRelease(spec: string, entry: Change): Bumped {
  const lines = readSpecLines(spec);
  const edits = new ReleaseLines(lines).raise();
  const raised = lines.map((line, at) => ({ ...line, text: edits.get(at) ?? line.text }));
  const counter = counterOf(lines);
  const how = counter !== null && edits.has(counter.at) ? 'autorelease' : 'release';
  return { spec: withEntry(raised, entry).join('\n'), how };
}

function withEntry(lines: readonly SpecLine[], entry: Change): string[] {
  const texts = lines.map(({ text }) => text);
  const head = changelogLine(lines);
  if (head === undefined) return texts;
  const end = texts[head]?.endsWith('\r') === true ? '\r' : '';
  const rest = texts.slice(head + 1);
  // A line between two entries; and the end of the last line if the text had none.
  const gap = rest.length === 0 || rest.some((text) => text.trim() !== '') ? [''] : [];
  const added = [...formatChange(entry, evrOf(lines), lines), ...gap].map((text) => text + end);
  return [...texts.slice(0, head + 1), ...added, ...rest];
}

/** [epoch:]version-release of the source package with an empty `%dist`; null where the text alone does not tell. */
function evrOf(lines: readonly SpecLine[]): string | null {
  const definitions = definitionsOf(lines);
  const tags = tagsOf(lines).filter(({ at }) => lines[at]?.section === 'main');
  // A macro that is defined hides the tag of its name.
  const hidden = new Set(definitions.map(({ name }) => name));
  const settings = [...definitions, ...tags.filter(({ name }) => !hidden.has(name))];
  const macros = new SpecMacros(settings, counterOf(lines)?.number ?? null);
  const value = (name: string): string | null => {
    const [tag, another] = tags.filter((one) => one.name === name);
    if (tag === undefined || another !== undefined || tag.conditional) return null;
    const text = macros.expand(tag.value);
    return text !== null && /^[A-Za-z0-9._+~^]+$/.test(text) ? text : null;
  };
  const hasEpoch = tags.some(({ name }) => name === 'epoch');
  const [epoch, version, release] = [hasEpoch ? value('epoch') : '', value('version'), value('release')];
  if (epoch === null || version === null || release === null) return null;
  return `${epoch === '' ? '' : `${epoch}:`}${version}-${release}`;
}

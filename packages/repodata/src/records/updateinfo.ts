/**
 * Writes updateinfo.xml; `updateinfo-reader.ts` reads it.
 *
 * Invariant: the same advisories give the same bytes, and what is written is read again as it was. Source of the form:
 * createrepo_c, src/xml_dump_updateinfo.c.
 */
import { type Compression, gzip } from '../compose/pack.ts';
import type { ExtraRecord } from '../compose/repository.ts';
import { inAttribute, inText } from '../compose/written.ts';
import { extraRecord } from './extra.ts';
import type { Update, UpdateCollection, UpdatePackage } from './update.ts';

export function updateinfoRecord(updates: readonly Update[], compression: Compression = gzip): ExtraRecord {
  return extraRecord('updateinfo', 'updateinfo.xml', writeUpdateinfo(updates), compression);
}

export function writeUpdateinfo(updates: readonly Update[]): Buffer {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<updates>',
    ...updates.flatMap(linesOf),
    '</updates>\n',
  ];
  return Buffer.from(lines.join('\n'));
}

function linesOf(update: Update): string[] {
  const { from, status, type, version, issued, updated, references, collections } = update;
  const texts = ['rights', 'release', 'pushcount', 'severity', 'summary', 'description', 'solution'] as const;
  return [
    `  <update${attributes({ from, status, type, version })}>`,
    ...element(4, 'id', update.id),
    ...element(4, 'title', update.title),
    ...(issued === null ? [] : [`    <issued${attributes({ date: issued })}/>`]),
    ...(updated === null ? [] : [`    <updated${attributes({ date: updated })}/>`]),
    ...texts.flatMap((name) => element(4, name, update[name])),
    ...flag(4, 'reboot_suggested', update.rebootSuggested),
    '    <references>',
    ...references.map(
      ({ href, id, type, title }) => `      <reference${attributes({ href, id, type, title })}/>`,
    ),
    '    </references>',
    '    <pkglist>',
    ...collections.flatMap(collectionLines),
    '    </pkglist>',
    '  </update>',
  ];
}

function collectionLines({ short, name, module, packages }: UpdateCollection): string[] {
  return [
    `      <collection${attributes({ short })}>`,
    ...element(8, 'name', name),
    ...(module === null ? [] : [`        <module${attributes({ ...module })}/>`]),
    ...packages.flatMap(packageLines),
    '      </collection>',
  ];
}

function packageLines(one: UpdatePackage): string[] {
  const { name, version, release, epoch, arch, src, filename, sum } = one;
  const said = { name, version, release, epoch: epoch === null ? null : `${epoch}`, arch, src };
  const digest =
    sum === null ? [] : [`          <sum${attributes({ type: sum.type })}>${inText(sum.value)}</sum>`];
  return [
    `        <package${attributes(said)}>`,
    ...element(10, 'filename', filename),
    ...digest,
    ...flag(10, 'reboot_suggested', one.rebootSuggested),
    ...flag(10, 'restart_suggested', one.restartSuggested),
    ...flag(10, 'relogin_suggested', one.reloginSuggested),
    '        </package>',
  ];
}

function attributes(values: Record<string, string | null>): string {
  return Object.entries(values)
    .map(([name, value]) => (value === null ? '' : ` ${name}="${inAttribute(value)}"`))
    .join('');
}

function element(indent: number, name: string, text: string | null): string[] {
  return text === null ? [] : [`${' '.repeat(indent)}<${name}>${inText(text)}</${name}>`];
}

function flag(indent: number, name: string, on: boolean): string[] {
  return on ? element(indent, name, 'True') : [];
}

/**
 * modules.yaml: streams of packages that are enabled and installed together, in many YAML documents.
 *
 * Invariant: every document that is published is of a known kind with what that kind must have, stands there in its own
 * words, and is the newest of its kind for what it is about. The same documents give the same bytes, in whatever order
 * and files they came. Source of the kinds: libmodulemd, yaml_specs/.
 */
import { type Compression, gzip } from '../compose/pack.ts';
import type { ExtraRecord } from '../compose/repository.ts';
import { extraRecord } from './extra.ts';
import { type ModuleDocument, readModuleDocuments } from './module-document.ts';

export function modulesRecord(files: readonly Buffer[], compression: Compression = gzip): ExtraRecord {
  return extraRecord('modules', 'modules.yaml', mergeModules(files), compression);
}

/**
 * One file of several, those that come first preferred where two documents are equally new.
 * Throws `RepodataError`: damaged, hostile, too_large.
 */
export function mergeModules(files: readonly Buffer[]): Buffer {
  const kept = new Map<string, ModuleDocument>();
  for (const file of files) {
    for (const document of readModuleDocuments(file)) {
      const known = kept.get(document.about.join('\n'));
      if (known === undefined || document.modified > known.modified)
        kept.set(document.about.join('\n'), document);
    }
  }
  const sorted = [...kept.values()].sort((a, b) => compareLists(a.about, b.about));
  return Buffer.from(sorted.map(({ text }) => `---\n${text.trimEnd()}\n...\n`).join(''));
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((text, index) => text !== b[index]);
  if (at < 0) return 0;
  return (a[at] ?? '') < (b[at] ?? '') ? -1 : 1;
}

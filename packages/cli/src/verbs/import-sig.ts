/** `moromi import-sig`: signatures that were made where no hub is reached. */
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ImportedSignature } from '@moromi/contract';
import type { Session } from '../session.ts';
import { signatureHeader } from '../signature-header.ts';
import { exits, Trouble, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { listName } from './export-unsigned.ts';

/** So many go in one request. */
const atOnce = 100;
/** Plague's word: whoever signed by hand has pushed all of it. */
const marker = 'PUSHED';
/** Behind a package's name: its signature header alone. */
const signatureEnd = /\.sig$/;

export const importSig: Verb = {
  name: 'import-sig',
  takes: '<file...>',
  summary: 'Bring signed RPMs, or their signature headers; folders with such too',
  options: [
    {
      flags: '--pushed',
      summary: `the folder has a file ${marker}: builds in its list of which something is not signed are finished`,
    },
  ],
  notes: ['Only the signature header of each file is sent. Wants the permission sign; --pushed wants admin.'],
  async run(session, places, options) {
    const { screen } = session;
    const pushed = options.flag('pushed');
    if (pushed) for (const place of places) await requireMarker(place);
    const files = (await Promise.all(places.map(filesOf))).flat();
    const items: ImportedSignature[] = [];
    for (let from = 0; from < files.length; from += atOnce)
      items.push(...(await bring(session, files.slice(from, from + atOnce))));
    const finished = pushed ? await finishAll(session, places) : [];
    if (screen.json) screen.document({ items, finished });
    else {
      screen.table(
        [
          { head: 'RPM', cell: (one) => one.name },
          { head: 'Key', cell: (one) => one.key },
          { head: 'Outcome', cell: (one) => one.outcome },
          { head: 'Why', cell: (one) => one.failure?.message ?? '' },
        ],
        items,
      );
      for (const build of finished) screen.line(`build ${build} is finished`);
    }
    return items.some((one) => one.outcome === 'refused' && !pushed) ? exits.failed : exits.ok;
  },
};

async function bring({ client, signal }: Session, files: string[]): Promise<ImportedSignature[]> {
  const items = [];
  for (const path of files)
    items.push({ name: basename(path).replace(signatureEnd, ''), header: await signatureHeader(path) });
  return (await client.call('importSignatures', { body: { items } }, { signal })).items;
}

/** Of a package of which there is a signature header beside it, that one. */
async function filesOf(place: string): Promise<string[]> {
  if (!(await stat(place)).isDirectory()) return [place];
  const names = await readdir(place);
  const headers = names.filter((one) => one.endsWith('.rpm.sig'));
  const rest = names.filter((one) => one.endsWith('.rpm') && !headers.includes(`${one}.sig`));
  return [...headers, ...rest].toSorted().map((one) => join(place, one));
}

async function requireMarker(place: string): Promise<void> {
  await access(join(place, marker)).catch(() => {
    throw usage(`${place} has no file ${marker}`, 'Whoever has pushed all of it puts it there.');
  });
}

async function finishAll({ client, signal }: Session, places: string[]): Promise<number[]> {
  const finished: number[] = [];
  for (const place of places)
    for (const build of await buildsIn(place)) {
      const params = { build: String(build) };
      const { state } = await client.call('getBuildSigning', { params }, { signal });
      if (state !== 'needsign') continue;
      await client.call(
        'finishSigning',
        { params, body: { reason: `${marker} in ${basename(place)}` } },
        { signal },
      );
      finished.push(build);
    }
  return finished;
}

async function buildsIn(place: string): Promise<number[]> {
  const path = join(place, listName);
  const list = JSON.parse(await readFile(path, 'utf8')) as { builds?: unknown };
  if (!Array.isArray(list.builds) || !list.builds.every((one) => Number.isSafeInteger(one)))
    throw new Trouble(
      'bad_list',
      `${path} names no builds`,
      'Give a folder that `moromi export-unsigned` has made.',
    );
  return list.builds as number[];
}

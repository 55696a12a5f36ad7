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
/** The hub reads the package of each of them. */
const timeoutMs = 3_600_000;
/** Plague's word: whoever signed by hand has pushed all of it. */
const marker = 'PUSHED';
/** The hub's word for a package in which there is no signature. Such ones lie in a folder of which not all was signed. */
const unsigned = 'no_signature';
/** Behind a package's name: its signature header alone. */
const signatureEnd = /\.sig$/;

export const importSig: Verb = {
  name: 'import-sig',
  takes: '<file...>',
  summary: 'Bring signed RPMs, or their signature headers; folders with such too',
  options: [
    {
      flags: '--pushed',
      summary: `the folder has a file ${marker}: of the builds in its list that is finished which the list's key has not signed`,
    },
  ],
  notes: [
    'Only the signature header of each file is sent. Wants the permission sign; --pushed wants admin.',
    'It ends with 1 where a signature is refused; --pushed does not finish such builds, and takes a package without any signature for one that was done elsewhere.',
  ],
  async run(session, places, options) {
    const { screen } = session;
    const pushed = options.flag('pushed');
    const pushes = pushed ? await Promise.all(places.map(pushOf)) : [];
    const files = (await Promise.all(places.map(filesOf))).flat();
    const items: ImportedSignature[] = [];
    for (let from = 0; from < files.length; from += atOnce)
      items.push(...(await bring(session, files.slice(from, from + atOnce))));
    const refused = items.filter(
      (one) => one.outcome === 'refused' && !(pushed && one.failure?.code === unsigned),
    );
    const { finished, held } = await finishAll(session, pushes, new Set(refused.map((one) => one.name)));
    const unfinished = [...new Set(held.map((one) => one.build))];
    if (screen.json) screen.document({ items, finished: finished.map((one) => one.build), unfinished });
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
      for (const { build, key } of finished) screen.line(`build ${build} is finished for ${key}`);
      for (const { build, key, names } of held)
        screen.warn(`build ${build} is not finished for ${key}; refused: ${names.join(', ')}`);
    }
    return refused.length > 0 ? exits.failed : exits.ok;
  },
};

async function bring({ client, signal }: Session, files: string[]): Promise<ImportedSignature[]> {
  const items = [];
  for (const path of files)
    items.push({ name: basename(path).replace(signatureEnd, ''), header: await signatureHeader(path) });
  return (await client.call('importSignatures', { body: { items } }, { signal, timeoutMs })).items;
}

/** Of a package of which there is a signature header beside it, that one. */
async function filesOf(place: string): Promise<string[]> {
  if (!(await stat(place)).isDirectory()) return [place];
  const names = await readdir(place);
  const headers = names.filter((one) => one.endsWith('.rpm.sig'));
  const rest = names.filter((one) => one.endsWith('.rpm') && !headers.includes(`${one}.sig`));
  return [...headers, ...rest].toSorted().map((one) => join(place, one));
}

/** What a folder's list says: whose signatures of which builds are all made. */
interface Push {
  place: string;
  key: string;
  builds: number[];
}

async function pushOf(place: string): Promise<Push> {
  await access(join(place, marker)).catch(() => {
    throw usage(`${place} has no file ${marker}`, 'Whoever has pushed all of it puts it there.');
  });
  const path = join(place, listName);
  const list = listIn(await readFile(path, 'utf8'));
  const key = list?.key?.name;
  const builds = list?.builds;
  if (typeof key !== 'string' || !Array.isArray(builds) || !builds.every((one) => Number.isSafeInteger(one)))
    throw new Trouble(
      'bad_list',
      `${path} does not name a key and builds`,
      'Give a folder that `moromi export-unsigned` has made.',
    );
  return { place, key, builds: builds as number[] };
}

function listIn(text: string): { key?: { name?: unknown }; builds?: unknown } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

interface Ended {
  finished: { build: number; key: string }[];
  held: { build: number; key: string; names: string[] }[];
}

/** @param refused packages whose signatures were not taken: they are still owed, so their builds stay open */
async function finishAll(
  { client, signal }: Session,
  pushes: readonly Push[],
  refused: ReadonlySet<string>,
): Promise<Ended> {
  const ended: Ended = { finished: [], held: [] };
  for (const { place, key, builds } of pushes)
    for (const build of builds) {
      const params = { build: String(build) };
      const { items } = await client.call('getBuildSigning', { params }, { signal });
      const isOpen = items.some(
        (one) => one.key === key && one.state !== 'signed' && one.state !== 'finished',
      );
      if (!isOpen) continue;
      const names = [...new Set(items.map((one) => one.name))].filter((one) => refused.has(one));
      if (names.length > 0) {
        ended.held.push({ build, key, names });
        continue;
      }
      const body = { reason: `${marker} in ${basename(place)}`, key };
      await client.call('finishSigning', { params, body }, { signal });
      ended.finished.push({ build, key });
    }
  return ended;
}

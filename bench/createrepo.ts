/**
 * createrepo_c over the same packages: its metadata made by our engine once, in one gzip member each, and files of no
 * bytes where packages would lie, which `--skip-stat` does not look at.
 */
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { composeRepository, Folder, type Member } from '@moromi/repodata';
import { realisticHeaders } from '../packages/repodata/src/fragment/testing/headers.ts';
import { realisticSource } from '../packages/repodata/src/testing/realistic.ts';
import { say } from './figure.ts';
import { type Took, timed } from './rusage.ts';

export interface Peer {
  /** One package more. */
  update(): Promise<Took>;
  /** Bytes of the three documents. */
  bytes(): Promise<number>;
}

export async function makePeer(home: string, seed: number, sources: number): Promise<Peer> {
  const repo = join(home, 'createrepo');
  say('putting the same packages before createrepo_c');
  const members: (Member & { number: number; at: number })[] = [];
  const places: string[] = [];
  for (let number = 0; number < sources; number++)
    for (const [at, { member, entries }] of realisticSource(seed, number).entries()) {
      members.push({ ...member, number, at });
      places.push(/<location href="([^"]*)"/.exec(entries.primary.toString())?.[1] ?? '');
    }
  for (const folder of new Set(places.map((place) => dirname(place))))
    await mkdir(join(repo, folder), { recursive: true });
  for (const place of places) await writeFile(join(repo, place), '');
  await composeRepository({
    members,
    entriesOf: (member) => {
      const { number, at } = member as (typeof members)[number];
      const one = realisticSource(seed, number)[at];
      if (one === undefined) throw new Error(`source ${number} has no package ${at}`);
      return one.entries;
    },
    sink: new Folder(join(repo, 'repodata')),
    revision: '1',
    timestamp: 1_700_000_000,
    limits: { least: 2 ** 40, greatest: 2 ** 40, oneIn: 1 },
  });
  let next = 0;
  return {
    update: async () => {
      next += 1;
      await writeFile(join(repo, 'Packages', `added${next}.rpm`), realisticHeaders(next));
      return await timed(['createrepo_c', '--quiet', '--no-database', '--update', '--skip-stat', '--', repo]);
    },
    bytes: async () => {
      const folder = join(repo, 'repodata');
      const files = (await readdir(folder)).filter((name) => name.endsWith('.xml.gz'));
      const sizes = await Promise.all(files.map(async (name) => (await stat(join(folder, name))).size));
      return sizes.reduce((sum, one) => sum + one, 0);
    },
  };
}

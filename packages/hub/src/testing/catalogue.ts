/** Complete builds without files, for tests of what tags make of them. */
import { sql } from 'kysely';
import { addTag, addTarget, findTarget } from '../catalog/index.ts';
import { type Ledger, row } from '../ledger/index.ts';
import { createTask } from '../tasks/create.ts';
import { hash } from './query-facts.ts';

export interface MadeBuild {
  build: number;
  package: string;
  nvr: string;
  owner: string;
}

/** @param nvrs name-version-release, with `EPOCH:` before the version where there is one */
export async function makeBuilds(ledger: Ledger, nvrs: readonly string[]): Promise<MadeBuild[]> {
  return await ledger.tx('test', async (tx) => {
    await sql`INSERT INTO blobs (sha256, size, created_at) VALUES (${hash}, 1, ledger_now()) ON CONFLICT DO NOTHING`.execute(
      tx,
    );
    if ((await findTarget(tx, { name: 'sources' })) === undefined) {
      await addTag(tx, 'test', { name: 'sources' });
      await addTarget(tx, 'test', { name: 'sources', buildTag: 'sources', destTag: 'sources' });
    }
    const usual = { kind: 'plan', label: 'sources', arch: null, owner: 'ann', priority: 20 } as const;
    const task = await createTask(tx, { ...usual, build: null, parent: null, request: {} }, 'ann');
    const made: MadeBuild[] = [];
    for (const one of nvrs) {
      const [, name = '', epoch, version = '', release = ''] =
        /^(.+)-(?:(\d+):)?([^-]+)-([^-]+)$/.exec(one) ?? [];
      const nvr = `${name}-${version}-${release}`;
      const found = await row(
        tx,
        sql<{ id: number }>`
        INSERT INTO builds (nvr, name, epoch, version, release, target_id, source_name, source_sha256, owner, state, scratch, options, task_id, created_at, ended_at)
        SELECT ${nvr}, ${name}, ${epoch === undefined ? null : Number(epoch)}::integer, ${version}, ${release}, t.id, 's', ${hash}, 'ann', 'complete', false, '{}', ${task},
               ledger_now(), ledger_now() FROM targets t WHERE t.name = 'sources' RETURNING id`,
      );
      made.push({ build: found?.id ?? 0, package: name, nvr, owner: 'ann' });
    }
    return made;
  });
}

import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshLedger, freshLedger } from '../testing/ledger.ts';

let ledger: FreshLedger;
beforeAll(async () => {
  ledger = await freshLedger();
});
afterAll(() => ledger.close());

/** Columns that are called as if they named a blob, and name none. */
const others = new Map([
  ['blobs.sha256', 'the blob itself'],
  ['package_sets.sha256', 'of a list that is a row of the ledger'],
  ['repo_seals.sha256', 'of a repomd.xml that repo_files names'],
  ['upload_parts.sha256', 'of a part, which is no blob'],
]);

async function columns(): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT c.relname || '.' || a.attname AS name
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND (a.attname ~ 'sha256|blob' OR EXISTS (
       SELECT FROM pg_constraint f WHERE f.confrelid = 'blobs'::regclass AND f.conrelid = c.oid AND a.attnum = ANY(f.conkey)))
     ORDER BY 1`.execute(ledger.read);
  return rows.map((one) => one.name);
}

test('every column that names a blob is asked before one goes, and takes one back from its way out', async () => {
  const { rows: used } = await sql<{
    text: string;
  }>`SELECT prosrc AS text FROM pg_proc WHERE proname = 'blob_used'`.execute(ledger.read);
  const { rows: holding } = await sql<{ name: string }>`
    SELECT DISTINCT t.tgrelid::regclass::text AS name FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE p.proname IN ('hold_named', 'hold_listed')`.execute(ledger.read);
  const named = (await columns()).filter((one) => !others.has(one));
  expect(named).toContain('rpms.sha256');
  expect(named).toContain('logs.sealed');
  const text = used[0]?.text ?? '';
  for (const one of named) {
    const [table = '', column = ''] = one.split('.');
    const asked = new RegExp(`FROM ${table} (\\w+) WHERE \\1\\.${column} = \\$1`).test(text);
    expect({ column: one, asked }).toEqual({ column: one, asked: true });
    expect(holding.map(({ name }) => name)).toContain(table);
  }
});

/**
 * Brings the schema to the newest form, in one transaction, one hub at a time.
 */
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { migrations } from './migrations/index.ts';

/** The oldest server that the SQL here is written for. */
const oldestServer = 150_000;

export async function migrate(db: Kysely<object>): Promise<void> {
  const { rows } = await sql<{ version: number; encoding: string }>`
    SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding`.execute(
    db,
  );
  const server = rows[0];
  if (server === undefined || server.version < oldestServer)
    throw new Error(`the database is PostgreSQL ${server?.version}; it must be 15 or newer`);
  if (server.encoding !== 'UTF8')
    throw new Error(`the database is encoded in ${server.encoding}; it must be UTF8`);
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(Object.entries(migrations).map(([name, text]) => [name, asMigration(text)])),
    },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === 'Error');
    throw new Error(
      `the migration ${failed?.migrationName ?? ''} failed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function asMigration(text: string): Migration {
  return {
    up: async (db) => {
      await sql.raw(text).execute(db);
    },
  };
}

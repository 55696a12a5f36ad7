/** SQL of principals and tokens. */
import { sql } from 'kysely';
import { type Principal, type Reader, row, rows } from '../ledger/index.ts';

export interface TokenFacts {
  hash: string;
  principal: Principal;
  /** Past its end or taken back. */
  over: boolean;
}

export async function findTokens(tx: Reader, hashes: readonly string[]): Promise<TokenFacts[]> {
  const found = await rows(
    tx,
    sql<{
      hash: string;
      name: string;
      kind: Principal['kind'];
      permissions: string[];
      over: boolean;
    }>`
    SELECT t.hash, p.name, p.kind, p.permissions,
           (t.revoked_at IS NOT NULL OR coalesce(t.expires_at <= ledger_now(), false)) AS over
      FROM tokens t JOIN principals p ON p.name = t.principal WHERE t.hash = ANY(${hashes}::text[])`,
  );
  return found.map(({ hash, over, ...principal }) => ({ hash, principal, over }));
}

/** Makes a principal, or gives an existing one these permissions. @returns false where it is of another kind */
export async function upsertPrincipal(
  tx: Reader,
  name: string,
  kind: Principal['kind'],
  permissions: string[],
): Promise<boolean> {
  const kept = await row(
    tx,
    sql<{ kind: string }>`
    INSERT INTO principals (name, kind, permissions, created_at) VALUES (${name}, ${kind}, ${permissions}, ledger_now())
    ON CONFLICT (name) DO UPDATE SET permissions = CASE WHEN principals.kind = ${kind} THEN excluded.permissions ELSE principals.permissions END
    RETURNING kind`,
  );
  return kept?.kind === kind;
}

export async function insertToken(
  tx: Reader,
  hash: string,
  principal: string,
  days: number | undefined,
): Promise<void> {
  await sql`
    INSERT INTO tokens (hash, principal, created_at, expires_at)
    VALUES (${hash}, ${principal}, ledger_now(), ledger_now() + make_interval(days => ${days ?? null}::int))`.execute(
    tx,
  );
}

/** Takes back all tokens of a principal. */
export async function revokeTokens(tx: Reader, principal: string): Promise<void> {
  await sql`UPDATE tokens SET revoked_at = ledger_now() WHERE principal = ${principal} AND revoked_at IS NULL`.execute(
    tx,
  );
}

/** The priority of what a person submits without saying one. */
export async function usualPriorityOf(tx: Reader, name: string): Promise<number | undefined> {
  const found = await row(
    tx,
    sql<{ priority: number | null }>`SELECT priority FROM principals WHERE name = ${name}`,
  );
  return found?.priority ?? undefined;
}

export async function setUsualPriority(tx: Reader, name: string, priority: number | null): Promise<void> {
  await sql`UPDATE principals SET priority = ${priority} WHERE name = ${name}`.execute(tx);
}

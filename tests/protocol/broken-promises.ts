/** Damages to a ledger, each for a promise that it breaks, on what `promised-ledger.ts` has made. */

const building = `(SELECT id FROM builds WHERE state = 'building')`;
const done = `(SELECT min(id) FROM tasks WHERE kind = 'build' AND state = 'done')`;
const key = '(SELECT id FROM keys)';
/** Shown by nothing, since there is a newer one. */
const superseded = '(SELECT min(id) FROM repo_revisions WHERE superseded_at IS NOT NULL)';
/** Of no blob. */
const nowhere = 'f'.repeat(64);
const record = `'[{"sha256": "${nowhere}"}]'::jsonb`;

const external = `
  INSERT INTO externals (name, setting, definition, added_at, added_by) VALUES ('e', false, '{}', ledger_now(), 'a') RETURNING id`;
const snapshot = (packages: number, records = `'[]'::jsonb`) => `
  INSERT INTO external_snapshots (external_id, arch, number, repomd, revision, mirror, packages, added, removed, records, found_at)
  SELECT id, '', 1, '', '', '', ${packages}, ${packages}, 0, ${records}, ledger_now() FROM e RETURNING id, external_id`;
const batch = (state: string, request: string) => `
  INSERT INTO batches (kind, owner, state, targets, on_failure, may_hurry, request, created_at)
  VALUES ('batch', 'a', '${state}', '{}', 'hold', false, ${request}, ledger_now()) RETURNING id`;

/** A place of the ledger that names a blob names one that is not there. */
const astray = (table: string, column: string, where = 'true') => `
  ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${table}_${column}_fkey;
  UPDATE ${table} SET ${column} = '${nowhere}' WHERE ${where}`;

const sixBytes = (number: string) => `decode(lpad(to_hex(${number}), 12, '0'), 'hex')`;

/** Parts of what promises say, each of one promise alone, and SQL that breaks it. */
export const damages: [promise: string, sql: string][] = [
  // Tasks and attempts.
  ['has one accepted result', `UPDATE task_attempts SET outcome = 'failed' WHERE task_id = ${done}`],
  ['fences rise', `UPDATE tasks SET attempt = attempt + 1 WHERE id = ${done}`],
  ['newest attempt running', `UPDATE task_attempts SET worker = 'x' WHERE outcome = 'running'`],
  ['newest attempt running', `UPDATE tasks SET state = 'free', lease_until = NULL WHERE state = 'leased'`],
  ['are over have their end', `UPDATE tasks SET ended_at = NULL WHERE id = ${done}`],
  [
    'are over have their end',
    'ALTER TABLE task_attempts DROP CONSTRAINT task_attempts_check; UPDATE task_attempts SET ended_at = ledger_now()',
  ],
  ['more attempts than the limit', `UPDATE tasks SET spent = 3 WHERE id = ${done}`],
  ['the queue that it belongs to', `UPDATE tasks SET tag_id = 1 WHERE kind = 'publish'`],
  ['a worker that may have it', `UPDATE workers SET standing = 'quarantined'`],
  ['a worker that may have it', `UPDATE tasks SET assigned = 'signer' WHERE state = 'leased'`],
  ['waits for what has not ended', `UPDATE tasks SET blockers = 1 WHERE id = ${done}`],
  [
    'waits for what has not ended',
    `INSERT INTO task_blocks (task_id, blocked_by) SELECT id, ${done} FROM tasks WHERE state = 'free' LIMIT 1;
     UPDATE tasks t SET blockers = (SELECT count(*) FROM task_blocks e WHERE e.task_id = t.id AND e.open)`,
  ],

  // Blobs and what names them.
  ['has a blob of that size', 'UPDATE blobs SET size = size + 1'],
  ['has a blob of that size', 'UPDATE rpms SET size = size + 1'],
  ['has a blob of that size', 'UPDATE repo_files SET size = size + 1'],
  ['has a blob of that size', 'UPDATE uploads SET size = size + 1'],
  ['whatever names a blob', 'UPDATE blobs SET condemned_at = ledger_now()'],
  ['whatever names a blob', astray('rpms', 'sha256')],
  ['whatever names a blob', astray('copies', 'sha256', 'rpm_id IS NOT NULL')],
  ['whatever names a blob', astray('repo_files', 'sha256')],
  ['whatever names a blob', astray('runs', 'blob')],
  ['whatever names a blob', astray('logs', 'sealed')],
  ['whatever names a blob', astray('builds', 'source_sha256')],
  ['whatever names a blob', astray('uploads', 'sha256', 'complete')],
  [
    'whatever names a blob',
    `ALTER TABLE batch_items DROP CONSTRAINT batch_items_source_sha256_fkey;
     WITH b AS (${batch('running', 'NULL')})
     INSERT INTO batch_items (batch_id, label, target, source_name, source_sha256, options, state, open)
     SELECT id, '', 'f1', '', '${nowhere}', '{}', 'waiting', 0 FROM b`,
  ],
  ['whatever names a blob', batch('planned', `'{"packages": [{"sourceSha256": "${nowhere}"}]}'`)],
  [
    'whatever names a blob',
    `ALTER TABLE external_copies DROP CONSTRAINT external_copies_sha256_fkey;
     WITH e AS (${external})
     INSERT INTO external_copies (copy_id, external_id, location, checksum_type, sha256)
     SELECT (SELECT min(id) FROM copies), id, '', '', '${nowhere}' FROM e`,
  ],
  ['whatever names a blob', `WITH e AS (${external}) ${snapshot(0, record)}`],
  ['whatever names a blob', `UPDATE repos SET definition = jsonb_set(definition, '{records}', ${record})`],
  [
    'whatever names a blob',
    `UPDATE tasks SET request = jsonb_set(request, '{files}', ${record}) WHERE kind = 'sign' AND state = 'free'`,
  ],
  [
    'whatever names a blob',
    `UPDATE tasks SET result = jsonb_set(result, '{files,0,signature,sha256}', '"${nowhere}"') WHERE kind = 'sign'`,
  ],
  [
    'whatever names a blob',
    `WITH b AS (
       INSERT INTO blobs (sha256, size, created_at, condemned_at) VALUES ('${nowhere}', 0, ledger_now(), ledger_now()) RETURNING id
     ) INSERT INTO blob_parts (part, whole) SELECT id, 0 FROM b`,
  ],
  ['the parts of a splice are', 'DELETE FROM blob_parts'],
  ['the parts of a splice are', 'INSERT INTO blob_parts (part, whole) SELECT id, 0 FROM blobs LIMIT 1'],
  [
    'the parts of a splice are',
    'INSERT INTO blob_parts (part, whole) SELECT 0, whole FROM blob_parts LIMIT 1',
  ],
  [
    'the parts of a splice are',
    `INSERT INTO blob_parts (part, whole)
     SELECT s.id, w.id FROM blobs w JOIN blobs s ON s.pieces IS NULL WHERE w.pieces IS NOT NULL
     ON CONFLICT DO NOTHING`,
  ],
  ['a splice consists of ranges', 'UPDATE blobs SET pieces = substr(pieces, 45) WHERE pieces IS NOT NULL'],
  ['a splice consists of ranges', 'UPDATE blobs SET size = size - 1 WHERE pieces IS NULL'],

  // Builds and packages.
  ['a tag and a publish task', 'DELETE FROM build_publishes'],
  ['a tag and a publish task', 'DELETE FROM tag_builds'],
  ['a tag and a publish task', 'UPDATE builds SET source_rpm_id = NULL'],
  ['only builds that are complete are tagged', `UPDATE builds SET state = 'failed' WHERE state = 'complete'`],
  ['has something to do', `UPDATE builds SET state = 'failed' WHERE id = ${building}`],
  ['come the builds', `UPDATE tasks SET kind = 'srpm' WHERE kind = 'build'`],
  ['come from tasks', `UPDATE tasks SET state = 'failed' WHERE id = ${done}`],
  ['come from tasks', `UPDATE rpms SET build_id = ${building}`],
  ['has its buildroot', 'DELETE FROM buildroots'],
  ['has its buildroot', 'UPDATE buildroots SET revision_id = (SELECT max(id) FROM repo_revisions)'],
  ['an NVR is unique', `DROP INDEX builds_nvr; UPDATE builds SET scratch = false, nvr = 'alpha-1-1'`],

  // Repositories.
  ['a run is packed where it says', 'UPDATE runs SET start = start + 1000000'],
  ['a run is packed where it says', 'UPDATE runs SET members = members + 1'],
  ['the documents that its trees have', 'UPDATE runs SET opens = opens[1:1]'],
  [
    'the documents that its trees have',
    `UPDATE repo_revisions SET definition = definition - 'filelistsExt' WHERE definition ? 'filelistsExt'`,
  ],
  ['the documents that its trees have', 'DELETE FROM extended_filelists'],
  ['every copy has its blob', 'UPDATE copies SET size = size + 1'],
  ['every copy has its blob', 'UPDATE copies SET fragment_id = NULL, says = NULL'],
  ['as it was built has one copy', 'UPDATE copies SET rpm_id = NULL'],
  ['a revision is closed', 'UPDATE rpms SET live = false'],
  ['a revision is closed', `UPDATE rpms SET arch = 's390x'`],
  ['a revision is closed', `UPDATE builds SET state = 'failed' WHERE state = 'complete'`],
  ['a revision is closed', 'UPDATE repo_trees SET runs = runs || 999999::bigint'],
  ['a revision is closed', 'UPDATE repo_trees SET packages = packages + 1'],
  ['metadata for each', `DELETE FROM repo_files WHERE name = 'repomd.xml'`],
  ['its highest revision', 'UPDATE repos SET revision_id = (SELECT min(id) FROM repo_revisions)'],
  ['its highest revision', 'UPDATE repo_revisions SET number = number + 1000'],
  ['its highest revision', 'UPDATE repo_revisions SET change = 1 WHERE number = 2'],
  ['superseded exactly if a higher one', 'UPDATE repo_revisions SET superseded_at = NULL'],
  [
    'superseded exactly if a higher one',
    'UPDATE repo_revisions SET superseded_at = ledger_now() WHERE superseded_at IS NULL AND unsealed > 0',
  ],
  [
    'superseded exactly if a higher one',
    'UPDATE repo_revisions SET expired_at = ledger_now() WHERE superseded_at IS NULL',
  ],
  [
    'superseded exactly if a higher one',
    'UPDATE repo_revisions SET dropped_at = ledger_now() WHERE superseded_at IS NOT NULL',
  ],
  [
    'what has expired nobody works from',
    `UPDATE repo_revisions SET expired_at = ledger_now() WHERE id = ${superseded};
     UPDATE builds SET revision_id = ${superseded} WHERE id = ${building}`,
  ],
  [
    'what has expired nobody works from',
    `UPDATE repo_revisions SET expired_at = ledger_now() WHERE id = ${superseded};
     UPDATE builds SET links = jsonb_build_array(jsonb_build_object('tag', 1, 'revision', ${superseded})) WHERE id = ${building}`,
  ],
  [
    'what has expired nobody works from',
    `UPDATE repo_revisions SET expired_at = ledger_now() WHERE id = ${superseded};
     INSERT INTO repo_holds (revision_id, holder, why, until) SELECT ${superseded}, 'a', '', ledger_now() + interval '1 hour'`,
  ],
  [
    'what has expired nobody works from',
    `UPDATE repo_revisions SET expired_at = ledger_now() WHERE id = ${superseded};
     UPDATE tasks SET request = request || jsonb_build_object('restore', ${superseded}) WHERE kind = 'publish' AND state = 'free'`,
  ],
  ['no tree has an idle run', 'UPDATE runs SET idle_since = ledger_now()'],
  ['all that was wanted', 'UPDATE tasks SET request = \'{"tag": 1, "change": 1}\' WHERE kind = \'publish\''],

  // Signatures.
  ['a copy by a key exactly if', `UPDATE signings SET state = 'refused'`],
  ['a copy by a key exactly if', 'DELETE FROM signings'],
  [
    'a copy by a key exactly if',
    'DELETE FROM run_members; DELETE FROM copies WHERE id = (SELECT min(id) FROM copies WHERE key_id IS NOT NULL)',
  ],
  [
    'a copy by a key exactly if',
    `DROP INDEX copies_of_rpm;
     INSERT INTO copies (rpm_id, key_id, name, version, release, arch, file_name, sha256, size, header_start, header_end)
     SELECT rpm_id, key_id, name, version, release, arch, file_name, sha256, size, header_start, header_end
       FROM copies WHERE key_id IS NOT NULL`,
  ],
  ['what waits for a signature', `UPDATE signings SET state = 'waiting'`],
  ['what waits for a signature', `UPDATE signings SET state = 'waiting', task_id = NULL`],
  ['not scratch are signed', 'UPDATE builds SET scratch = true'],
  ['not scratch are signed', `UPDATE builds SET state = 'canceled' WHERE state = 'complete'`],
  ['not scratch are signed', 'UPDATE rpms SET live = false'],
  [
    'a signed copy is a front of its own',
    `DROP INDEX copies_of_rpm; UPDATE copies SET key_id = ${key} WHERE key_id IS NULL`,
  ],
  [
    'a signed copy is a front of its own',
    'UPDATE blobs SET pieces = substr(pieces, 45) || substr(pieces, 1, 44) WHERE length(pieces) = 88',
  ],
  ['a signed copy is a front of its own', 'UPDATE rpms SET header_start = header_start + 1'],
  ['a signed copy is a front of its own', 'UPDATE copies SET header_start = header_start + 1'],
  [
    // A front that is a byte longer, which the rest lacks.
    'a signed copy is a front of its own',
    `UPDATE blobs b
        SET pieces = substr(pieces, 1, 38) || ${sixBytes('c.header_start + 1')}
                  || substr(pieces, 45, 38) || ${sixBytes('r.size - r.header_start - 1')}
       FROM copies c JOIN rpms r ON r.id = c.rpm_id WHERE c.sha256 = b.sha256 AND c.key_id IS NOT NULL`,
  ],
  ['as many seals as it lacks', 'UPDATE repo_revisions SET unsealed = unsealed + 1 WHERE unsealed > 0'],
  [
    'as many seals as it lacks',
    `DELETE FROM repo_files WHERE name = 'repomd.xml.asc' AND tree = (SELECT min(tree) FROM repo_files WHERE name = 'repomd.xml.asc')`,
  ],
  ['every seal that a revision waits for', 'DELETE FROM repo_seals'],
  [
    'what is shipped is signed',
    `UPDATE repo_revisions SET definition = jsonb_set(definition, '{keys}', '["another"]') WHERE definition ? 'keys'`,
  ],
  [
    'what is shipped is signed',
    `UPDATE run_members m SET copy_id = u.id
       FROM copies s JOIN copies u ON u.rpm_id = s.rpm_id AND u.key_id IS NULL WHERE s.id = m.copy_id AND s.key_id IS NOT NULL`,
  ],

  // Events, logs, requests.
  ['every event is numbered', 'UPDATE events SET seq = NULL WHERE seq = 3'],
  ['event numbers have no gaps', 'UPDATE events SET seq = 99999 WHERE seq = 3'],
  ['versions of a subject', `UPDATE events SET version = version + 1000 WHERE subject LIKE 'task:%'`],
  ['told of once', `DELETE FROM events WHERE type = 'build.complete'`],
  ['told of once', `DELETE FROM events WHERE type = 'task.done'`],
  ['a log has no holes', 'UPDATE log_chunks SET start = start + 1'],
  ['a log has no holes', 'UPDATE logs SET size = size + 1'],
  ['has its reply', 'UPDATE idempotency SET reply = NULL'],

  // External repositories, platforms, git.
  [
    'in use has as many packages',
    `WITH e AS (${external}), s AS (${snapshot(5)})
     INSERT INTO external_arches (external_id, arch, snapshot_id) SELECT external_id, '', id FROM s`,
  ],
  ['is of the snapshots that its revision has merged', 'UPDATE copies SET rpm_id = NULL'],
  ['a platform or flavour', 'UPDATE tags SET locked = false'],
  ['a platform or flavour', `UPDATE tags SET removed = added WHERE name = 'el9-platform'`],
  [
    'git governs only tags',
    `INSERT INTO git_tags (tag_id, commit, added) SELECT id, 'c', added FROM tags WHERE name = 'f1';
     UPDATE tags SET removed = added WHERE name = 'f1'`,
  ],
];

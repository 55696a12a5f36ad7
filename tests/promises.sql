-- What must be true of a ledger whatever was killed, lost, repeated or late on the way.
-- Each query gives the rows that break its promise; none may give any. They hold at any instant, but for those marked
-- "once quiet", which need that nothing is running any more and that events have been numbered.

-- promise: a task has one accepted result, and has it exactly if it is done
SELECT t.id, t.state, count(a.*) FILTER (WHERE a.outcome = 'done') AS done
  FROM tasks t LEFT JOIN task_attempts a ON a.task_id = t.id GROUP BY t.id
HAVING count(a.*) FILTER (WHERE a.outcome = 'done') <> CASE WHEN t.state = 'done' THEN 1 ELSE 0 END;

-- promise: fences rise by one
SELECT t.id, t.attempt, count(a.*), max(a.attempt)
  FROM tasks t LEFT JOIN task_attempts a ON a.task_id = t.id GROUP BY t.id
HAVING count(a.*) <> t.attempt OR coalesce(max(a.attempt), 0) <> t.attempt;

-- promise: a leased task has its newest attempt running with its worker, and no other task has one running
SELECT t.id, t.state, t.attempt, t.worker, a.attempt AS running, a.worker AS runner
  FROM tasks t LEFT JOIN task_attempts a ON a.task_id = t.id AND a.outcome = 'running'
 WHERE (t.state = 'leased') <> (a.task_id IS NOT NULL)
    OR (t.state = 'leased' AND (t.attempt <> a.attempt OR t.worker IS DISTINCT FROM a.worker));

-- promise: attempts that are over have their end, and tasks that are over have theirs
SELECT task_id, attempt, outcome FROM task_attempts WHERE (outcome = 'running') <> (ended_at IS NULL)
 UNION ALL
SELECT id, attempt, state FROM tasks WHERE (state IN ('free', 'leased')) <> (ended_at IS NULL);

-- promise: no task uses more attempts than the limit
SELECT id, spent FROM tasks WHERE spent > 2;

-- promise: every reference has a blob of that size
SELECT r.sha256, r.size FROM rpms r LEFT JOIN blobs b USING (sha256) WHERE b.size IS DISTINCT FROM r.size
 UNION ALL
SELECT f.sha256, f.size FROM repo_files f LEFT JOIN blobs b USING (sha256) WHERE b.size IS DISTINCT FROM f.size
 UNION ALL
SELECT u.sha256, u.size FROM uploads u LEFT JOIN blobs b USING (sha256)
 WHERE u.complete AND b.size IS DISTINCT FROM u.size;

-- promise: whatever names a blob names one that is there and not on its way out
SELECT x.place, x.sha256, b.condemned_at FROM (
  SELECT 'rpms' AS place, sha256 FROM rpms
   UNION ALL SELECT 'copies', sha256 FROM copies WHERE rpm_id IS NOT NULL
   UNION ALL SELECT 'repo_files', sha256 FROM repo_files
   UNION ALL SELECT 'runs', blob FROM runs WHERE blob <> ''
   UNION ALL SELECT 'logs', sealed FROM logs WHERE sealed IS NOT NULL
   UNION ALL SELECT 'builds', source_sha256 FROM builds
   UNION ALL SELECT 'batch_items', source_sha256 FROM batch_items
   UNION ALL SELECT 'uploads', sha256 FROM uploads WHERE complete
   UNION ALL SELECT 'external_copies', sha256 FROM external_copies WHERE sha256 IS NOT NULL
   UNION ALL SELECT 'external_snapshots', r->>'sha256' FROM external_snapshots, jsonb_array_elements(records) AS r
   UNION ALL SELECT 'repos', r->>'sha256' FROM repos, jsonb_array_elements(coalesce(definition->'records', '[]')) AS r
   UNION ALL SELECT 'batches', p->>'sourceSha256' FROM batches, jsonb_array_elements(request->'packages') AS p WHERE state IN ('planning', 'planned')
   UNION ALL SELECT 'sign requests', f->>'sha256' FROM tasks, jsonb_array_elements(coalesce(request->'files', '[]')) AS f
              WHERE kind = 'sign' AND state IN ('free', 'leased')
   UNION ALL SELECT 'signatures of files', f->'signature'->>'sha256' FROM tasks, jsonb_array_elements(coalesce(result->'files', '[]')) AS f
              WHERE kind = 'sign' AND f->'signature'->>'sha256' IS NOT NULL
   UNION ALL SELECT 'parts', s.sha256 FROM blob_parts p JOIN blobs s ON s.id = p.part
) x LEFT JOIN blobs b USING (sha256) WHERE b.sha256 IS NULL OR b.condemned_at IS NOT NULL OR NOT blob_used(b.sha256, b.id);

-- promise: the parts of a splice are the blobs of its pieces, and no others
SELECT n.whole, n.sha256 AS piece, p.whole AS of, p.part
  FROM (
    SELECT DISTINCT b.id AS whole, x.sha256, s.id AS part
      FROM blobs b
     CROSS JOIN LATERAL (SELECT encode(substr(b.pieces, i * 44 + 1, 32), 'hex') AS sha256
                           FROM generate_series(0, length(b.pieces) / 44 - 1) AS i) x
      LEFT JOIN blobs s ON s.sha256 = x.sha256
  ) n FULL JOIN blob_parts p ON p.whole = n.whole AND p.part = n.part
 WHERE n.part IS NULL OR p.part IS NULL;

-- promise: a splice consists of ranges of stored blobs, and has their size
SELECT b.sha256, p.sha256 AS piece, p.start, p.length, s.size
  FROM blobs b
 CROSS JOIN LATERAL (
   SELECT encode(substr(b.pieces, n * 44 + 1, 32), 'hex') AS sha256,
          ('x' || encode(substr(b.pieces, n * 44 + 33, 6), 'hex'))::bit(48)::bigint AS start,
          ('x' || encode(substr(b.pieces, n * 44 + 39, 6), 'hex'))::bit(48)::bigint AS length
     FROM generate_series(0, length(b.pieces) / 44 - 1) AS n
 ) p LEFT JOIN blobs s ON s.sha256 = p.sha256
 WHERE s.sha256 IS NULL OR s.pieces IS NOT NULL OR p.start + p.length > s.size
 UNION ALL
SELECT b.sha256, NULL, NULL, NULL, b.size FROM blobs b
 WHERE b.pieces IS NOT NULL AND b.size <> (
   SELECT coalesce(sum(('x' || encode(substr(b.pieces, n * 44 + 39, 6), 'hex'))::bit(48)::bigint), 0)
     FROM generate_series(0, length(b.pieces) / 44 - 1) AS n);

-- promise: a run is packed where it says, and has as many members as it says
SELECT u.id, u.blob FROM runs u LEFT JOIN blobs b ON b.sha256 = u.blob
 WHERE u.blob <> '' AND (b.size IS NULL OR b.pieces IS NOT NULL
    OR u.start + (SELECT sum(x) FROM unnest(u.sizes) AS x) > b.size)
 UNION ALL
SELECT u.id, NULL FROM runs u WHERE u.members <> (SELECT count(*) FROM run_members m WHERE m.run_id = u.id);

-- promise: a run is packed for the documents that its trees have, and the digests of files are known where they are listed
SELECT t.revision_id, t.tree, u.id
  FROM repo_trees t JOIN repo_revisions v ON v.id = t.revision_id JOIN runs u ON u.id = ANY(t.runs)
 WHERE u.blob <> '' AND (cardinality(u.opens) <> cardinality(u.sizes)
    OR cardinality(u.sizes) <> CASE WHEN coalesce((v.definition->>'filelistsExt')::boolean, false) THEN 4 ELSE 3 END)
 UNION ALL
SELECT NULL, c.file_name, u.id
  FROM runs u JOIN run_members m ON m.run_id = u.id JOIN copies c ON c.id = m.copy_id
 WHERE u.blob <> '' AND cardinality(u.sizes) = 4 AND NOT EXISTS (SELECT FROM extended_filelists e WHERE e.rpm_id = c.rpm_id);

-- promise: every copy has its blob, and what it says is known of copies that are published
SELECT c.id, c.file_name FROM copies c LEFT JOIN blobs b ON b.sha256 = c.sha256
 WHERE c.rpm_id IS NOT NULL AND b.size IS DISTINCT FROM c.size
 UNION ALL
SELECT c.id, c.file_name FROM copies c JOIN run_members m ON m.copy_id = c.id JOIN runs u ON u.id = m.run_id
 WHERE c.says IS NULL AND u.blob <> '';

-- promise: a package as it was built has one copy
SELECT r.id, count(c.id) FROM rpms r LEFT JOIN copies c ON c.rpm_id = r.id AND c.key_id IS NULL GROUP BY r.id HAVING count(c.id) <> 1;

-- promise: a revision is closed: its packages are there, live, of complete builds, and for its architecture
SELECT v.id, t.tree, c.id
  FROM repo_revisions v JOIN repos o ON o.id = v.repo_id JOIN repo_trees t ON t.revision_id = v.id
  JOIN run_members m ON m.run_id = ANY(t.runs) JOIN copies c ON c.id = m.copy_id
  LEFT JOIN rpms r ON r.id = c.rpm_id LEFT JOIN builds b ON b.id = r.build_id
 WHERE c.rpm_id IS NOT NULL AND (
       r.id IS NULL OR NOT r.live OR b.state <> 'complete'
    OR (o.kind = 'build' AND r.arch NOT IN (t.tree, 'noarch')))
 UNION ALL
SELECT t.revision_id, t.tree, NULL FROM repo_trees t JOIN repo_revisions v ON v.id = t.revision_id
 WHERE v.dropped_at IS NULL AND (EXISTS (SELECT FROM unnest(t.runs) AS x(id) LEFT JOIN runs u ON u.id = x.id WHERE u.id IS NULL)
    OR t.packages <> (SELECT coalesce(sum(u.members), 0) FROM unnest(t.runs) AS x(id) JOIN runs u ON u.id = x.id));

-- promise: a revision has metadata for each of its trees, until it has been dropped
SELECT v.id, v.number FROM repo_revisions v
 WHERE NOT EXISTS (SELECT FROM repo_trees t WHERE t.revision_id = v.id)
    OR v.dropped_at IS NULL AND EXISTS (
      SELECT FROM repo_trees t WHERE t.revision_id = v.id AND NOT EXISTS (
        SELECT FROM repo_files f WHERE f.revision_id = v.id AND f.tree = t.tree AND f.name = 'repomd.xml'));

-- promise: a repository shows its highest revision that is signed; numbers have no gaps and follow the changes
SELECT r.id, v.number FROM repos r LEFT JOIN repo_revisions v ON v.id = r.revision_id
 WHERE v.number IS DISTINCT FROM (SELECT max(number) FROM repo_revisions m WHERE m.repo_id = r.id AND m.unsealed = 0)
 UNION ALL
SELECT repo_id, max(number) FROM repo_revisions GROUP BY repo_id HAVING max(number) <> count(*)
 UNION ALL
SELECT a.repo_id, b.number FROM repo_revisions a JOIN repo_revisions b ON b.repo_id = a.repo_id AND b.number = a.number + 1
 WHERE b.change < a.change AND b.back_to IS NULL;

-- promise: a revision is superseded exactly if a higher one is shown, and only then does it expire and is it dropped
SELECT v.id, v.number FROM repo_revisions v JOIN repos r ON r.id = v.repo_id LEFT JOIN repo_revisions s ON s.id = r.revision_id
 WHERE (v.superseded_at IS NOT NULL) <> coalesce(v.number < s.number, false)
    OR (v.expired_at IS NOT NULL AND v.superseded_at IS NULL) OR (v.dropped_at IS NOT NULL AND v.expired_at IS NULL);

-- promise: what has expired nobody works from
SELECT v.id, v.number FROM repo_revisions v
 WHERE v.expired_at IS NOT NULL AND (
       EXISTS (SELECT FROM builds b WHERE b.state = 'building' AND (
                 b.revision_id = v.id OR b.links @> jsonb_build_array(jsonb_build_object('revision', v.id))))
    OR EXISTS (SELECT FROM repo_holds h WHERE h.revision_id = v.id AND h.until > ledger_now())
    OR EXISTS (SELECT FROM tasks t WHERE t.kind = 'publish' AND t.state IN ('free', 'leased') AND (t.request->>'restore')::bigint = v.id));

-- promise: no tree has an idle run
SELECT t.revision_id, t.tree, u.id FROM repo_trees t JOIN runs u ON u.id = ANY(t.runs) WHERE u.idle_since IS NOT NULL;

-- promise: the newest publish task of a repository shows all that was wanted
SELECT r.id, r.wanted, t.id, t.request FROM repos r JOIN tasks t ON t.id = r.task_id
 WHERE (t.request->>'change')::bigint < r.wanted
    OR (t.state = 'done' AND NOT EXISTS (
      SELECT FROM repo_revisions v WHERE v.repo_id = r.id AND v.change >= r.wanted));

-- promise: a package has a copy by a key exactly if it is signed by it, and one copy at most
SELECT coalesce(s.rpm_id, c.rpm_id) AS rpm, coalesce(s.key_id, c.key_id) AS key, s.state, c.copies
  FROM signings s
  FULL JOIN (SELECT rpm_id, key_id, count(*) AS copies FROM copies WHERE key_id IS NOT NULL GROUP BY rpm_id, key_id) c
    ON c.rpm_id = s.rpm_id AND c.key_id = s.key_id
 WHERE s.rpm_id IS NULL OR (s.state = 'signed') <> (c.rpm_id IS NOT NULL) OR c.copies > 1;

-- promise: what waits for a signature has a task that has not ended, or is due, or is of a key that signs by hand
SELECT s.rpm_id, s.key_id, t.state FROM signings s JOIN keys k ON k.id = s.key_id LEFT JOIN tasks t ON t.id = s.task_id
 WHERE s.state = 'waiting' AND NOT (coalesce(t.state IN ('free', 'leased'), false) OR s.due_at IS NOT NULL OR k.offline);

-- promise: only builds that are complete and not scratch are signed
SELECT c.id, b.state FROM copies c JOIN rpms r ON r.id = c.rpm_id JOIN builds b ON b.id = r.build_id
 WHERE c.key_id IS NOT NULL AND (b.state <> 'complete' OR b.scratch OR NOT r.live);

-- promise: a signed copy is a front of its own and what follows the signature in the package as it was built
SELECT c.id, c.file_name FROM copies c JOIN rpms r ON r.id = c.rpm_id JOIN blobs b ON b.sha256 = c.sha256
 WHERE c.key_id IS NOT NULL AND (
       length(b.pieces) IS DISTINCT FROM 88
    OR encode(substr(b.pieces, 45, 32), 'hex') <> r.sha256
    OR ('x' || encode(substr(b.pieces, 77, 6), 'hex'))::bit(48)::bigint <> r.header_start
    OR ('x' || encode(substr(b.pieces, 83, 6), 'hex'))::bit(48)::bigint <> r.size - r.header_start
    OR c.size - c.header_start <> r.size - r.header_start);

-- promise: a revision waits for as many seals as it lacks, and is shown with all of them or without any
SELECT v.id, v.number, v.unsealed, x.trees, x.seals
  FROM repo_revisions v CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE name = 'repomd.xml') AS trees, count(*) FILTER (WHERE name = 'repomd.xml.asc') AS seals
      FROM repo_files f WHERE f.revision_id = v.id) x
 WHERE v.expired_at IS NULL
   AND ((v.unsealed > 0 AND v.unsealed <> x.trees - x.seals) OR (v.unsealed = 0 AND x.seals NOT IN (0, x.trees)));

-- promise: every seal that a revision waits for was asked for
SELECT v.id, f.tree FROM repo_revisions v JOIN repo_files f ON f.revision_id = v.id AND f.name = 'repomd.xml'
 WHERE v.unsealed > 0 AND NOT EXISTS (SELECT FROM repo_seals s WHERE s.revision_id = v.id AND s.sha256 = f.sha256);

-- promise: what is shipped is signed as its repository says, or is not signed where it says that too
SELECT v.id, t.tree, c.file_name
  FROM repo_revisions v JOIN repos o ON o.id = v.repo_id AND o.kind = 'dist' JOIN repo_trees t ON t.revision_id = v.id
  JOIN run_members m ON m.run_id = ANY(t.runs) JOIN copies c ON c.id = m.copy_id LEFT JOIN keys k ON k.id = c.key_id
 WHERE CASE WHEN c.key_id IS NULL
            THEN jsonb_array_length(v.definition->'keys') > 0 AND v.definition->>'unsigned' <> 'allow'
            ELSE NOT v.definition->'keys' ? k.name END;

-- promise: every event is numbered, once quiet
SELECT id, type, subject FROM events WHERE seq IS NULL;

-- promise: event numbers have no gaps
SELECT h.seq, count(e.seq), max(e.seq) FROM event_head h LEFT JOIN events e ON e.seq IS NOT NULL GROUP BY h.seq
HAVING count(e.seq) <> h.seq OR coalesce(max(e.seq), 0) <> h.seq;

-- promise: versions of a subject rise by one, in the order of the numbers
SELECT subject, version, seq FROM (
  SELECT subject, version, seq, row_number() OVER (PARTITION BY subject ORDER BY seq) AS place FROM events WHERE seq IS NOT NULL
) x WHERE version <> place;

-- promise: what ended was told of once, and once more for each time that it was gone on with
SELECT t.id, t.state, count(e.*) FILTER (WHERE e.type <> 'task.reopened'), count(e.*) FILTER (WHERE e.type = 'task.reopened')
  FROM tasks t LEFT JOIN events e ON e.subject = 'task:' || t.id
   AND e.type IN ('task.done', 'task.failed', 'task.canceled', 'task.reopened')
 WHERE t.state IN ('done', 'failed', 'canceled') GROUP BY t.id
HAVING count(e.*) FILTER (WHERE e.type <> 'task.reopened') <> 1 + count(e.*) FILTER (WHERE e.type = 'task.reopened')
 UNION ALL
SELECT b.id, b.state, count(e.*) FILTER (WHERE e.type <> 'build.reopened'), count(e.*) FILTER (WHERE e.type = 'build.reopened')
  FROM builds b LEFT JOIN events e ON e.subject = 'build:' || b.id
   AND e.type IN ('build.building', 'build.complete', 'build.failed', 'build.canceled', 'build.reopened')
 GROUP BY b.id
HAVING count(e.*) FILTER (WHERE e.type <> 'build.reopened')
       <> CASE WHEN b.state = 'building' THEN 1 ELSE 2 END + count(e.*) FILTER (WHERE e.type = 'build.reopened');

-- promise: a task stands in the queue that it belongs to
SELECT t.id, t.queue_id FROM tasks t JOIN queues q ON q.id = t.queue_id
 WHERE (q.kind, q.arch, q.channel, q.owner, q.tag_id, q.memory_mb, q.disk_mb, q.cores, q.cpu_level, q.assigned)
       IS DISTINCT FROM (t.kind, t.arch, t.channel, t.owner, t.tag_id, t.memory_mb, t.disk_mb, t.cores, t.cpu_level, t.assigned);

-- promise: a leased task is with a worker that may have it
SELECT t.id, t.worker, w.standing FROM tasks t JOIN workers w ON w.name = t.worker
 WHERE t.state = 'leased' AND (w.standing = 'quarantined' OR t.assigned <> t.worker);

-- promise: a build that is complete has a source package, results, a tag and a publish task, unless it is scratch
SELECT b.id, b.nvr FROM builds b JOIN targets g ON g.id = b.target_id
 WHERE b.state = 'complete' AND (
       b.nvr IS NULL OR b.source_rpm_id IS NULL
    OR NOT EXISTS (SELECT FROM tasks t WHERE t.build_id = b.id AND t.kind = 'build' AND t.state = 'done')
    OR b.scratch = EXISTS (
         SELECT FROM tag_builds x JOIN target_states s ON s.dest_tag_id = x.tag_id
          WHERE x.build_id = b.id AND s.target_id = b.target_id)
    OR (NOT b.scratch AND EXISTS (SELECT FROM repos r WHERE r.tag_id = g.dest_tag_id)
        AND NOT EXISTS (SELECT FROM build_publishes p WHERE p.build_id = b.id)));

-- promise: only builds that are complete are tagged
SELECT x.tag_id, b.id, b.state FROM tag_builds x JOIN builds b ON b.id = x.build_id WHERE b.state <> 'complete';

-- promise: a build that goes on has something to do, and one that is over has nothing
SELECT b.id, b.state FROM builds b
 WHERE (b.state = 'building') <> EXISTS (
   SELECT FROM tasks t WHERE t.build_id = b.id AND t.state IN ('free', 'leased'));

-- promise: after the source package come the builds
SELECT b.id FROM builds b JOIN tasks s ON s.id = b.task_id
 WHERE s.state = 'done' AND b.state IN ('building', 'complete')
   AND NOT EXISTS (SELECT FROM tasks t WHERE t.build_id = b.id AND t.kind = 'build');

-- promise: packages come from tasks that are done
SELECT r.id, r.nevra, t.state FROM rpms r JOIN tasks t ON t.id = r.task_id
 WHERE t.state <> 'done' OR t.build_id <> r.build_id;

-- promise: every built architecture has its buildroot, pinned to the revision of its build
SELECT t.id FROM tasks t JOIN builds b ON b.id = t.build_id LEFT JOIN buildroots r ON r.task_id = t.id
 WHERE t.kind = 'build' AND t.state = 'done' AND b.state = 'complete'
   AND (r.task_id IS NULL OR r.revision_id IS DISTINCT FROM b.revision_id);

-- promise: a task waits for what has not ended, and for nothing else
SELECT t.id, t.blockers FROM tasks t
 WHERE t.blockers <> (SELECT count(*) FROM task_blocks e WHERE e.task_id = t.id AND e.open)
 UNION ALL
SELECT e.task_id, e.blocked_by FROM task_blocks e JOIN tasks t ON t.id = e.blocked_by
 WHERE e.open <> (t.state IN ('free', 'leased'));

-- promise: an NVR is unique among builds that run or are complete and are not scratch
SELECT namespace, nvr, count(*) FROM builds
 WHERE NOT scratch AND state IN ('building', 'complete') AND nvr IS NOT NULL GROUP BY namespace, nvr HAVING count(*) > 1;

-- promise: a log has no holes
SELECT l.id, l.size, sum(c.length), count(c.*) FROM logs l LEFT JOIN log_chunks c ON c.log_id = l.id
 GROUP BY l.id HAVING coalesce(sum(c.length), 0) <> l.size
 UNION ALL
SELECT log_id, start, expected, 0 FROM (
  SELECT log_id, start, coalesce(lag(start + length) OVER (PARTITION BY log_id ORDER BY start), 0) AS expected FROM log_chunks
) x WHERE start <> expected;

-- promise: a kept request has its reply
SELECT principal, route, key FROM idempotency WHERE reply IS NULL;

-- promise: a snapshot of an external repository that is in use has as many packages as it says
SELECT s.id, s.packages FROM external_arches a JOIN external_snapshots s ON s.id = a.snapshot_id
 WHERE s.packages <> (
   SELECT count(*) FROM external_packages p
    WHERE p.external_id = s.external_id AND p.arch = s.arch AND p.since <= s.number AND (p.until IS NULL OR p.until > s.number));

-- promise: what a tree has of external repositories is of the snapshots that its revision has merged
SELECT t.revision_id, t.tree, c.file_name
  FROM repo_trees t JOIN run_members m ON m.run_id = ANY(t.runs) JOIN copies c ON c.id = m.copy_id
 WHERE c.rpm_id IS NULL AND NOT EXISTS (
   SELECT FROM revision_snapshots r JOIN external_snapshots s ON s.id = r.snapshot_id
     JOIN external_packages p ON p.external_id = s.external_id AND p.arch = s.arch AND p.copy_id = c.id
    WHERE r.revision_id = t.revision_id AND r.tree = t.tree AND p.since <= s.number AND (p.until IS NULL OR p.until > s.number));

-- promise: a platform or flavour that is there speaks through a tag that is there, and is locked
SELECT b.kind, b.name, t.name AS tag FROM bundles b JOIN tags t ON t.id = b.tag_id
 WHERE b.removed IS NULL AND (t.removed IS NOT NULL OR NOT t.locked);

-- promise: git governs only tags that are there
SELECT g.tag_id, t.name FROM git_tags g JOIN tags t ON t.id = g.tag_id WHERE g.removed IS NULL AND t.removed IS NOT NULL;

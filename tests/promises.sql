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

-- promise: a revision is closed: its packages are there, live, of complete builds, and for its architecture
SELECT v.id, a.arch, p.id
  FROM repo_revisions v JOIN repo_arches a ON a.revision_id = v.id CROSS JOIN LATERAL unnest(a.rpms) AS p(id)
  LEFT JOIN rpms r ON r.id = p.id LEFT JOIN builds b ON b.id = r.build_id
 WHERE r.id IS NULL OR NOT r.live OR b.state <> 'complete' OR r.arch NOT IN (a.arch, 'noarch');

-- promise: a revision has metadata for each of its architectures
SELECT v.id, v.number FROM repo_revisions v
 WHERE NOT EXISTS (SELECT FROM repo_arches a WHERE a.revision_id = v.id)
    OR EXISTS (
      SELECT FROM repo_arches a WHERE a.revision_id = v.id AND NOT EXISTS (
        SELECT FROM repo_files f WHERE f.revision_id = v.id AND f.arch = a.arch AND f.name = 'repomd.xml'));

-- promise: a repository shows its highest revision; numbers have no gaps and follow the changes
SELECT r.tag_id, v.number FROM repos r LEFT JOIN repo_revisions v ON v.id = r.revision_id
 WHERE v.number IS DISTINCT FROM (SELECT max(number) FROM repo_revisions m WHERE m.tag_id = r.tag_id)
 UNION ALL
SELECT tag_id, max(number) FROM repo_revisions GROUP BY tag_id HAVING max(number) <> count(*)
 UNION ALL
SELECT a.tag_id, b.number FROM repo_revisions a JOIN repo_revisions b ON b.tag_id = a.tag_id AND b.number = a.number + 1
 WHERE b.change < a.change;

-- promise: the newest publish task of a repository shows all that was wanted
SELECT r.tag_id, r.wanted, t.id, t.request FROM repos r JOIN tasks t ON t.id = r.task_id
 WHERE (t.request->>'change')::bigint < r.wanted
    OR (t.state = 'done' AND NOT EXISTS (
      SELECT FROM repo_revisions v WHERE v.tag_id = r.tag_id AND v.change >= r.wanted));

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
    OR b.scratch = EXISTS (SELECT FROM tag_builds x WHERE x.build_id = b.id AND x.tag_id = g.dest_tag_id)
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

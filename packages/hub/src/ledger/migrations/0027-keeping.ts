/**
 * What is kept, for how long, and whether it is still whole: since when revisions are superseded, which blobs are on
 * their way out, of which blobs splices are made, and how far those who look after all that have come.
 *
 * Invariant: `blob_used` knows every place of the ledger that names a blob, and each such place has a trigger that locks
 * what it names and takes it back from its way out (`hold_blobs`). Whoever adds a place adds both.
 */
export const keeping = `
-- Since a higher revision is shown; and since when nothing but the row, its trees and their numbers is left of it.
ALTER TABLE repo_revisions
  ADD COLUMN superseded_at timestamptz,
  ADD COLUMN dropped_at    timestamptz;
UPDATE repo_revisions v SET superseded_at = (
    SELECT min(n.created_at) FROM repo_revisions n WHERE n.repo_id = v.repo_id AND n.number > v.number AND n.unsealed = 0)
  FROM repos r JOIN repo_revisions s ON s.id = r.revision_id WHERE r.id = v.repo_id AND v.number < s.number;
CREATE INDEX repo_revisions_superseded ON repo_revisions (repo_id, number) WHERE superseded_at IS NOT NULL AND expired_at IS NULL;
CREATE INDEX repo_revisions_newest ON repo_revisions (repo_id, number) WHERE superseded_at IS NULL;
CREATE INDEX repo_revisions_expired ON repo_revisions (expired_at) WHERE expired_at IS NOT NULL AND dropped_at IS NULL;
CREATE INDEX builds_pinning ON builds (revision_id) WHERE state = 'building';
CREATE INDEX tasks_publishing ON tasks (((request->>'restore')::bigint)) WHERE kind = 'publish' AND state IN ('free', 'leased');

ALTER TABLE repo_holds ADD COLUMN since timestamptz NOT NULL DEFAULT ledger_now();
CREATE INDEX repo_holds_until ON repo_holds ("until");

-- Since no tree has it; then it is not taken again, and goes after a while.
ALTER TABLE runs ADD COLUMN idle_since timestamptz;
CREATE INDEX runs_idle ON runs (idle_since) WHERE idle_since IS NOT NULL;
CREATE INDEX repo_trees_by_run ON repo_trees USING gin (runs);

ALTER TABLE blobs
  ADD COLUMN id           bigint GENERATED ALWAYS AS IDENTITY,
  -- When somebody last put it, or was told that it is here: a pin that expires.
  ADD COLUMN wanted_at    timestamptz NOT NULL DEFAULT ledger_now(),
  -- On its way out since then; a new reference takes it back.
  ADD COLUMN condemned_at timestamptz,
  -- Its file is not what its name says.
  ADD COLUMN damaged_at   timestamptz,
  ADD COLUMN damage       text CHECK (damage IN ('missing', 'size', 'content')),
  ADD CHECK ((damaged_at IS NULL) = (damage IS NULL));
UPDATE blobs SET wanted_at = created_at;
CREATE UNIQUE INDEX blobs_by_id ON blobs (id);
CREATE INDEX blobs_condemned ON blobs (condemned_at) WHERE condemned_at IS NOT NULL;
CREATE INDEX blobs_damaged ON blobs (id) WHERE damaged_at IS NOT NULL;

-- The stored blobs of which a splice has pieces, each once.
CREATE TABLE blob_parts (
  part  bigint NOT NULL,
  whole bigint NOT NULL,
  PRIMARY KEY (part, whole)
);
CREATE INDEX blob_parts_of ON blob_parts (whole);

-- How far rounds over all of something have come: the number up to which everything was looked at.
CREATE TABLE rounds (
  name     text PRIMARY KEY,
  place    bigint NOT NULL DEFAULT 0,
  began_at timestamptz NOT NULL,
  ended_at timestamptz,
  seen     bigint NOT NULL DEFAULT 0,
  bytes    bigint NOT NULL DEFAULT 0,
  -- Somebody does not want to wait for the next round.
  asked    boolean NOT NULL DEFAULT false
);

CREATE INDEX rpms_by_blob ON rpms (sha256);
CREATE INDEX copies_by_blob ON copies (sha256) WHERE rpm_id IS NOT NULL;
CREATE INDEX repo_files_by_blob ON repo_files (sha256);
CREATE INDEX runs_by_blob ON runs (blob);
CREATE INDEX builds_by_source ON builds (source_sha256);
CREATE INDEX batch_items_by_source ON batch_items (source_sha256);
CREATE INDEX logs_by_blob ON logs (sealed) WHERE sealed IS NOT NULL;
CREATE INDEX uploads_by_blob ON uploads (sha256) WHERE complete;
CREATE INDEX external_copies_by_blob ON external_copies (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX external_snapshots_by_blob ON external_snapshots USING gin (jsonb_path_query_array(records, '$[*].sha256'));
CREATE INDEX repos_by_blob ON repos USING gin (jsonb_path_query_array(definition, '$.records[*].sha256'));
CREATE INDEX batches_by_blob ON batches USING gin (jsonb_path_query_array(request, '$.packages[*].sourceSha256'))
  WHERE state IN ('planning', 'planned');
CREATE INDEX tasks_signing_blob ON tasks USING gin (jsonb_path_query_array(request, '$.files[*].sha256'))
  WHERE kind = 'sign' AND state IN ('free', 'leased');
CREATE INDEX tasks_signed_blob ON tasks USING gin (jsonb_path_query_array(result, '$.files[*].signature.sha256')) WHERE kind = 'sign';

-- Whether anything names a blob, by its hash and number. What it says is of the snapshot of the statement that asks.
CREATE FUNCTION blob_used(text, bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM blob_parts p WHERE p.part = $2)
      OR EXISTS (SELECT FROM rpms r WHERE r.sha256 = $1)
      OR EXISTS (SELECT FROM copies c WHERE c.sha256 = $1 AND c.rpm_id IS NOT NULL)
      OR EXISTS (SELECT FROM runs u WHERE u.blob = $1)
      OR EXISTS (SELECT FROM repo_files f WHERE f.sha256 = $1)
      OR EXISTS (SELECT FROM logs l WHERE l.sealed = $1)
      OR EXISTS (SELECT FROM builds b WHERE b.source_sha256 = $1)
      OR EXISTS (SELECT FROM batch_items i WHERE i.source_sha256 = $1)
      OR EXISTS (SELECT FROM uploads u WHERE u.sha256 = $1 AND u.complete)
      OR EXISTS (SELECT FROM external_copies x WHERE x.sha256 = $1)
      OR EXISTS (SELECT FROM external_snapshots s WHERE jsonb_path_query_array(s.records, '$[*].sha256') ? $1)
      OR EXISTS (SELECT FROM repos r WHERE jsonb_path_query_array(r.definition, '$.records[*].sha256') ? $1)
      OR EXISTS (SELECT FROM batches b WHERE b.state IN ('planning', 'planned')
                   AND jsonb_path_query_array(b.request, '$.packages[*].sourceSha256') ? $1)
      OR EXISTS (SELECT FROM tasks t WHERE t.kind = 'sign' AND t.state IN ('free', 'leased')
                   AND jsonb_path_query_array(t.request, '$.files[*].sha256') ? $1)
      OR EXISTS (SELECT FROM tasks t WHERE t.kind = 'sign' AND jsonb_path_query_array(t.result, '$.files[*].signature.sha256') ? $1)
$$;

-- Locks blobs against whoever would condemn or delete them until this transaction ends, and takes back what is condemned.
CREATE FUNCTION hold_blobs(names text[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE there integer; doomed text[];
BEGIN
  SELECT count(*), array_agg(sha256) FILTER (WHERE condemned_at IS NOT NULL) INTO there, doomed FROM (
    SELECT sha256, condemned_at FROM blobs WHERE sha256 = ANY(names) ORDER BY sha256 FOR KEY SHARE) x;
  IF doomed IS NOT NULL THEN UPDATE blobs SET condemned_at = NULL WHERE sha256 = ANY(doomed); END IF;
  RETURN there;
END $$;

CREATE FUNCTION hold_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM hold_blobs(ARRAY[to_jsonb(NEW)->>TG_ARGV[0]]);
  RETURN NEW;
END $$;
CREATE FUNCTION hold_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM hold_blobs(ARRAY(SELECT jsonb_array_elements_text(jsonb_path_query_array(to_jsonb(NEW)->TG_ARGV[0], TG_ARGV[1]::jsonpath))));
  RETURN NEW;
END $$;
CREATE TRIGGER rpms_hold BEFORE INSERT OR UPDATE OF sha256 ON rpms FOR EACH ROW EXECUTE FUNCTION hold_named('sha256');
CREATE TRIGGER copies_hold BEFORE INSERT OR UPDATE OF sha256 ON copies FOR EACH ROW WHEN (NEW.rpm_id IS NOT NULL)
  EXECUTE FUNCTION hold_named('sha256');
CREATE TRIGGER runs_hold BEFORE INSERT OR UPDATE OF blob ON runs FOR EACH ROW EXECUTE FUNCTION hold_named('blob');
CREATE TRIGGER repo_files_hold BEFORE INSERT OR UPDATE OF sha256 ON repo_files FOR EACH ROW EXECUTE FUNCTION hold_named('sha256');
CREATE TRIGGER logs_hold BEFORE UPDATE OF sealed ON logs FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION hold_named('sealed');
CREATE TRIGGER builds_hold BEFORE INSERT OR UPDATE OF source_sha256 ON builds FOR EACH ROW EXECUTE FUNCTION hold_named('source_sha256');
CREATE TRIGGER batch_items_hold BEFORE INSERT OR UPDATE OF source_sha256 ON batch_items FOR EACH ROW EXECUTE FUNCTION hold_named('source_sha256');
CREATE TRIGGER uploads_hold BEFORE INSERT OR UPDATE OF complete ON uploads FOR EACH ROW WHEN (NEW.complete) EXECUTE FUNCTION hold_named('sha256');
CREATE TRIGGER external_copies_hold BEFORE INSERT OR UPDATE OF sha256 ON external_copies FOR EACH ROW WHEN (NEW.sha256 IS NOT NULL)
  EXECUTE FUNCTION hold_named('sha256');
CREATE TRIGGER external_snapshots_hold BEFORE INSERT OR UPDATE OF records ON external_snapshots FOR EACH ROW
  EXECUTE FUNCTION hold_listed('records', '$[*].sha256');
CREATE TRIGGER repos_hold BEFORE INSERT OR UPDATE OF definition ON repos FOR EACH ROW EXECUTE FUNCTION hold_listed('definition', '$.records[*].sha256');
CREATE TRIGGER batches_hold BEFORE INSERT OR UPDATE OF request ON batches FOR EACH ROW WHEN (NEW.request IS NOT NULL)
  EXECUTE FUNCTION hold_listed('request', '$.packages[*].sourceSha256');
CREATE TRIGGER tasks_hold_request BEFORE INSERT OR UPDATE OF request ON tasks FOR EACH ROW WHEN (NEW.kind = 'sign')
  EXECUTE FUNCTION hold_listed('request', '$.files[*].sha256');
CREATE TRIGGER tasks_hold_result BEFORE UPDATE OF result ON tasks FOR EACH ROW WHEN (NEW.kind = 'sign' AND NEW.result IS NOT NULL)
  EXECUTE FUNCTION hold_listed('result', '$.files[*].signature.sha256');

-- A splice holds its parts as long as it has a row.
CREATE FUNCTION keep_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bytes bytea := NEW.pieces || ''::bytea; named text[];
BEGIN
  IF TG_OP = 'UPDATE' THEN DELETE FROM blob_parts WHERE whole = NEW.id; END IF;
  IF bytes IS NULL THEN RETURN NULL; END IF;
  SELECT array_agg(DISTINCT encode(substr(bytes, n * 44 + 1, 32), 'hex')) INTO named FROM generate_series(0, length(bytes) / 44 - 1) AS n;
  IF hold_blobs(named) <> coalesce(cardinality(named), 0) THEN
    RAISE EXCEPTION 'a part of the splice % is not there', NEW.sha256 USING ERRCODE = 'foreign_key_violation';
  END IF;
  INSERT INTO blob_parts (part, whole) SELECT b.id, NEW.id FROM blobs b WHERE b.sha256 = ANY(named);
  RETURN NULL;
END $$;
INSERT INTO blob_parts (part, whole)
SELECT DISTINCT s.id, b.id FROM blobs b CROSS JOIN LATERAL generate_series(0, length(b.pieces) / 44 - 1) AS n
  JOIN blobs s ON s.sha256 = encode(substr(b.pieces, n * 44 + 1, 32), 'hex') WHERE b.pieces IS NOT NULL;
CREATE TRIGGER blobs_parts AFTER INSERT OR UPDATE OF pieces ON blobs FOR EACH ROW EXECUTE FUNCTION keep_parts();
`;

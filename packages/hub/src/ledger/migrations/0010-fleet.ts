/** What the scheduler chooses by: queues, needs, paths, who has had how much, and what has been learned. */
export const fleet = `
ALTER TABLE workers
  ADD COLUMN channels        text[] NOT NULL DEFAULT '{default}',
  -- Globs of package names.
  ADD COLUMN excludes        text[] NOT NULL DEFAULT '{}',
  -- What an administrator said; otherwise its slots.
  ADD COLUMN capacity        real CHECK (capacity > 0),
  ADD COLUMN standing        text NOT NULL DEFAULT 'enabled'
             CHECK (standing IN ('enabled', 'disabled', 'draining', 'quarantined', 'aside')),
  ADD COLUMN standing_reason text,
  ADD COLUMN standing_by     text,
  ADD COLUMN standing_at     timestamptz,
  -- Why it takes nothing now, by its own account.
  ADD COLUMN unfit           jsonb,
  -- By how many seconds its clock is ahead of the ledger's.
  ADD COLUMN clock_ahead     real,
  -- Expected ÷ taken of its last builds.
  ADD COLUMN speeds          real[] NOT NULL DEFAULT '{}',
  ADD COLUMN speed           real NOT NULL DEFAULT 1,
  -- Tasks that failed on it in a row for the infrastructure's sake: { task, code, at }.
  ADD COLUMN troubles        jsonb NOT NULL DEFAULT '[]';
UPDATE workers SET standing = 'disabled' WHERE NOT enabled;
ALTER TABLE workers DROP COLUMN enabled;

-- Tasks that every worker answers alike and that belong to one owner and tag; rows are never changed.
CREATE TABLE queues (
  id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind      text NOT NULL,
  arch      text,
  channel   text NOT NULL,
  owner     text NOT NULL,
  tag_id    bigint REFERENCES tags,
  memory_mb integer NOT NULL,
  disk_mb   integer NOT NULL,
  cores     integer NOT NULL,
  cpu_level integer NOT NULL,
  assigned  text,
  UNIQUE NULLS NOT DISTINCT (kind, arch, channel, owner, tag_id, memory_mb, disk_mb, cores, cpu_level, assigned)
);

ALTER TABLE tasks
  ADD COLUMN queue_id  integer REFERENCES queues,
  -- The source package's name, where the task is about one.
  ADD COLUMN package   text,
  ADD COLUMN tag_id    bigint REFERENCES tags,
  ADD COLUMN channel   text NOT NULL DEFAULT 'default',
  ADD COLUMN memory_mb integer NOT NULL DEFAULT 0,
  ADD COLUMN disk_mb   integer NOT NULL DEFAULT 0,
  ADD COLUMN cores     integer NOT NULL DEFAULT 0,
  ADD COLUMN cpu_level integer NOT NULL DEFAULT 0,
  ADD COLUMN assigned  text REFERENCES workers,
  ADD COLUMN weight    real NOT NULL DEFAULT 1,
  -- How long it is expected to take, and on how many runs that stands (0: a guess).
  ADD COLUMN seconds   real NOT NULL DEFAULT 120,
  ADD COLUMN runs      smallint NOT NULL DEFAULT 0,
  -- Seconds of the longest path of what waits for it.
  ADD COLUMN after     real NOT NULL DEFAULT 0,
  ADD COLUMN rank      double precision NOT NULL DEFAULT 0,
  -- The task whose worker is the best one for this too.
  ADD COLUMN beside    bigint REFERENCES tasks,
  -- How often it was raised to the band above for its age.
  ADD COLUMN lifted    smallint NOT NULL DEFAULT 0;

CREATE FUNCTION queue_of(t tasks) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE queue integer;
BEGIN
  LOOP
    SELECT id INTO queue FROM queues q
     WHERE q.kind = t.kind AND q.arch IS NOT DISTINCT FROM t.arch AND q.channel = t.channel AND q.owner = t.owner
       AND q.tag_id IS NOT DISTINCT FROM t.tag_id AND q.memory_mb = t.memory_mb AND q.disk_mb = t.disk_mb
       AND q.cores = t.cores AND q.cpu_level = t.cpu_level AND q.assigned IS NOT DISTINCT FROM t.assigned;
    IF FOUND THEN RETURN queue; END IF;
    INSERT INTO queues (kind, arch, channel, owner, tag_id, memory_mb, disk_mb, cores, cpu_level, assigned)
    VALUES (t.kind, t.arch, t.channel, t.owner, t.tag_id, t.memory_mb, t.disk_mb, t.cores, t.cpu_level, t.assigned)
    ON CONFLICT DO NOTHING RETURNING id INTO queue;
    IF FOUND THEN RETURN queue; END IF;
  END LOOP;
END $$;

CREATE FUNCTION keep_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.queue_id := queue_of(NEW);
  RETURN NEW;
END $$;
CREATE TRIGGER tasks_queue BEFORE INSERT OR UPDATE OF channel, owner, memory_mb, disk_mb, cores, cpu_level, assigned
  ON tasks FOR EACH ROW EXECUTE FUNCTION keep_queue();

UPDATE tasks SET queue_id = queue_of(tasks), rank = -id;
ALTER TABLE tasks ALTER COLUMN queue_id SET NOT NULL;
DROP INDEX tasks_free;
CREATE INDEX tasks_queue ON tasks (queue_id, priority, rank DESC, id) WHERE state = 'free' AND blockers = 0;
CREATE INDEX tasks_waiting_long ON tasks (created_at) WHERE state = 'free' AND blockers = 0;

-- Workers that do not get a task for now.
CREATE TABLE task_refusals (
  task_id bigint NOT NULL REFERENCES tasks,
  worker  text NOT NULL REFERENCES workers,
  hard    boolean NOT NULL,
  reason  text NOT NULL,
  at      timestamptz NOT NULL,
  "until" timestamptz,
  PRIMARY KEY (task_id, worker)
);

-- Seconds of work that an owner has had, faded up to a moment; and what came since, one row an attempt, so that those
-- who end tasks of one owner do not wait for each other.
CREATE TABLE owner_use (
  owner text PRIMARY KEY,
  used  double precision NOT NULL,
  at    timestamptz NOT NULL
);
CREATE TABLE uses (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner   text NOT NULL,
  seconds double precision NOT NULL
);

-- Tasks at once, at most.
CREATE TABLE quotas (
  subject text NOT NULL CHECK (subject IN ('owner', 'tag')),
  name    text NOT NULL,
  tasks   integer NOT NULL CHECK (tasks > 0),
  PRIMARY KEY (subject, name)
);

-- What must not begin now: the whole system ('') or a tag by its name.
CREATE TABLE pauses (
  tag    text PRIMARY KEY,
  reason text NOT NULL,
  actor  text NOT NULL,
  at     timestamptz NOT NULL
);

-- How long a package's tasks took, on a worker of the usual speed, and what memory was too little.
CREATE TABLE durations (
  package   text NOT NULL,
  kind      text NOT NULL,
  arch      text NOT NULL,
  runs      real[] NOT NULL DEFAULT '{}',
  middle    real,
  memory_mb integer NOT NULL DEFAULT 0,
  at        timestamptz NOT NULL,
  PRIMARY KEY (package, kind, arch)
);

-- The mean over packages, worked out now and then.
CREATE TABLE usual_durations (
  kind    text NOT NULL,
  arch    text NOT NULL,
  seconds real NOT NULL,
  PRIMARY KEY (kind, arch)
);
CREATE INDEX task_attempts_failed ON task_attempts (ended_at) WHERE outcome = 'failed';

-- What a tag said of itself at each change, since it can be edited.
CREATE TABLE tag_settings (
  tag_id   bigint NOT NULL REFERENCES tags,
  settings jsonb NOT NULL,
  added    bigint NOT NULL REFERENCES catalogue_changes,
  removed  bigint REFERENCES catalogue_changes,
  PRIMARY KEY (tag_id, added)
);
INSERT INTO tag_settings (tag_id, settings, added) SELECT id, settings, added FROM tags;

-- What defined the root when the revision was pinned; a build that failed goes on only while that is so.
ALTER TABLE builds ADD COLUMN root_key text;

-- A person's usual priority.
ALTER TABLE principals ADD COLUMN priority integer CHECK (priority BETWEEN 0 AND 100);
`;

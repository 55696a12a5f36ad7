/** External repositories: what they are, which tags merge them, what was found in them, and what revisions saw of that. */
export const externals = `
ALTER TABLE tasks DROP CONSTRAINT tasks_kind_check;
ALTER TABLE tasks ADD CONSTRAINT tasks_kind_check CHECK (kind IN ('srpm', 'build', 'publish', 'plan', 'closure', 'sign', 'external'));

CREATE TABLE externals (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL,
  -- Said in settings of tags, by a name and an address; all tags that say the same share it.
  setting    boolean NOT NULL,
  definition jsonb NOT NULL,
  added_at   timestamptz NOT NULL,
  added_by   text NOT NULL,
  removed_at timestamptz
);
CREATE UNIQUE INDEX externals_named ON externals (name) WHERE NOT setting AND removed_at IS NULL;
CREATE UNIQUE INDEX externals_of_settings ON externals (name, (definition->>'url')) WHERE setting;

CREATE TABLE tag_externals (
  tag_id      bigint NOT NULL REFERENCES tags,
  external_id bigint NOT NULL REFERENCES externals,
  priority    integer NOT NULL,
  mode        text NOT NULL CHECK (mode IN ('koji', 'simple', 'bare')),
  -- Null: all of the tag's.
  arches      text[],
  added       bigint NOT NULL REFERENCES catalogue_changes,
  removed     bigint REFERENCES catalogue_changes,
  PRIMARY KEY (tag_id, external_id, added)
);
CREATE UNIQUE INDEX tag_externals_now ON tag_externals (tag_id, external_id) WHERE removed IS NULL;
CREATE INDEX tag_externals_back ON tag_externals (external_id) WHERE removed IS NULL;

-- What was found at one time; its packages are those that came by its number and have not gone by it.
CREATE TABLE external_snapshots (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  external_id bigint NOT NULL REFERENCES externals,
  arch        text NOT NULL,
  number      integer NOT NULL,
  repomd      text NOT NULL,
  revision    text NOT NULL,
  mirror      text NOT NULL,
  packages    integer NOT NULL,
  added       integer NOT NULL,
  removed     integer NOT NULL,
  -- Groups and modules: type, SHA-256 of the file as it is stored here unpacked, bytes.
  records     jsonb NOT NULL,
  found_at    timestamptz NOT NULL,
  UNIQUE (external_id, arch, number)
);

-- One architecture of an external repository; of an address that is the same for all, one of no architecture.
CREATE TABLE external_arches (
  external_id bigint NOT NULL REFERENCES externals,
  arch        text NOT NULL,
  -- The pointer: what is in use. A snapshot of a higher number is half made, or never was.
  snapshot_id bigint REFERENCES external_snapshots,
  task_id     bigint REFERENCES tasks,
  -- Where it was found, the best first, without anybody's password.
  mirrors     text[] NOT NULL DEFAULT '{}',
  -- What the server said of repomd.xml, to ask whether it is another now.
  known       jsonb,
  checked_at  timestamptz,
  due_at      timestamptz,
  failures    integer NOT NULL DEFAULT 0,
  trouble     jsonb,
  PRIMARY KEY (external_id, arch)
);
CREATE INDEX external_arches_due ON external_arches (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX external_arches_of_task ON external_arches (task_id);

-- Where a copy's file is outside, and where it was put here.
CREATE TABLE external_copies (
  copy_id       bigint PRIMARY KEY REFERENCES copies,
  external_id   bigint NOT NULL REFERENCES externals,
  location      text NOT NULL,
  base          text,
  checksum_type text NOT NULL,
  -- Null until somebody wanted it.
  sha256        text REFERENCES blobs
);
CREATE UNIQUE INDEX copies_of_externals ON copies (says) WHERE rpm_id IS NULL;
CREATE INDEX copies_by_name ON copies (name);

CREATE TABLE external_packages (
  external_id bigint NOT NULL REFERENCES externals,
  arch        text NOT NULL,
  copy_id     bigint NOT NULL REFERENCES copies,
  name        text NOT NULL,
  -- Of the source package; null where none is stated, or nonsense.
  source      text,
  source_rpm  text,
  since       integer NOT NULL,
  until       integer,
  PRIMARY KEY (external_id, arch, copy_id, since)
);
CREATE INDEX external_packages_by_name ON external_packages (external_id, arch, name);
CREATE INDEX external_packages_by_source ON external_packages (external_id, arch, source);
CREATE INDEX external_packages_since ON external_packages (external_id, arch, since);
CREATE INDEX external_packages_until ON external_packages (external_id, arch, until) WHERE until IS NOT NULL;

-- What a revision merged into a tree, in its order.
CREATE TABLE revision_snapshots (
  revision_id bigint NOT NULL REFERENCES repo_revisions,
  tree        text NOT NULL,
  place       integer NOT NULL,
  mode        text NOT NULL,
  snapshot_id bigint NOT NULL REFERENCES external_snapshots,
  PRIMARY KEY (revision_id, tree, place)
);
CREATE INDEX revision_snapshots_back ON revision_snapshots (snapshot_id);
`;

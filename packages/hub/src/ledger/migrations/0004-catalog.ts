/**
 * Tags, inheritance and targets. Every row says from which catalogue change to which it holds, so what a tag held at
 * a past change can always be read again.
 */
export const catalog = `
CREATE TABLE catalogue_changes (
  id    bigint PRIMARY KEY,
  at    timestamptz NOT NULL,
  actor text NOT NULL,
  what  text NOT NULL
);

CREATE TABLE tags (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name     text NOT NULL UNIQUE,
  settings jsonb NOT NULL,
  added    bigint NOT NULL REFERENCES catalogue_changes
);

CREATE TABLE tag_parents (
  tag_id    bigint NOT NULL REFERENCES tags,
  parent_id bigint NOT NULL REFERENCES tags,
  priority  integer NOT NULL,
  added     bigint NOT NULL REFERENCES catalogue_changes,
  removed   bigint REFERENCES catalogue_changes,
  PRIMARY KEY (tag_id, parent_id, added)
);
CREATE UNIQUE INDEX tag_parents_now ON tag_parents (tag_id, parent_id) WHERE removed IS NULL;
CREATE INDEX tag_parents_down ON tag_parents (parent_id);

CREATE TABLE tag_builds (
  tag_id    bigint NOT NULL REFERENCES tags,
  build_id  bigint NOT NULL,
  -- The source package's name, which decides what "latest" is chosen among.
  package   text NOT NULL,
  nvr       text NOT NULL,
  added     bigint NOT NULL REFERENCES catalogue_changes,
  removed   bigint REFERENCES catalogue_changes,
  tagged_at timestamptz NOT NULL,
  owner     text NOT NULL,
  PRIMARY KEY (tag_id, build_id, added)
);
CREATE UNIQUE INDEX tag_builds_now ON tag_builds (tag_id, build_id) WHERE removed IS NULL;
CREATE INDEX tag_builds_of_build ON tag_builds (build_id);

CREATE TABLE targets (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name         text NOT NULL UNIQUE,
  build_tag_id bigint NOT NULL REFERENCES tags,
  dest_tag_id  bigint NOT NULL REFERENCES tags,
  added        bigint NOT NULL REFERENCES catalogue_changes
);
`;

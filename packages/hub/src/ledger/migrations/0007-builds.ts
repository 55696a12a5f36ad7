/** Builds, their packages, and what stood in the roots that made them. */
export const builds = `
CREATE TABLE builds (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  namespace     text NOT NULL DEFAULT '',
  nvr           text,
  name          text NOT NULL,
  epoch         integer,
  version       text,
  release       text,
  target_id     bigint NOT NULL REFERENCES targets,
  source_name   text NOT NULL,
  source_sha256 text NOT NULL REFERENCES blobs,
  owner         text NOT NULL,
  state         text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'complete', 'failed', 'canceled')),
  scratch       boolean NOT NULL,
  options       jsonb NOT NULL,
  task_id       bigint REFERENCES tasks,
  revision_id   bigint,
  source_rpm_id bigint,
  failure       jsonb,
  created_at    timestamptz NOT NULL,
  ended_at      timestamptz
);
CREATE UNIQUE INDEX builds_nvr ON builds (namespace, nvr)
  WHERE NOT scratch AND state IN ('building', 'complete') AND nvr IS NOT NULL;
CREATE INDEX builds_by_name ON builds (name, id);
ALTER TABLE tasks ADD FOREIGN KEY (build_id) REFERENCES builds;
ALTER TABLE tag_builds ADD FOREIGN KEY (build_id) REFERENCES builds;

CREATE TABLE rpms (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  build_id     bigint NOT NULL REFERENCES builds,
  task_id      bigint NOT NULL REFERENCES tasks,
  namespace    text NOT NULL DEFAULT '',
  nevra        text NOT NULL,
  name         text NOT NULL,
  epoch        integer,
  version      text NOT NULL,
  release      text NOT NULL,
  arch         text NOT NULL,
  file_name    text NOT NULL,
  source_rpm   text,
  sha256       text NOT NULL REFERENCES blobs,
  size         bigint NOT NULL,
  header_start bigint NOT NULL,
  header_end   bigint NOT NULL,
  -- False once its build failed or was canceled, and always for scratch: then it occupies no NEVRA.
  live         boolean NOT NULL
);
CREATE UNIQUE INDEX rpms_nevra ON rpms (namespace, nevra) WHERE live;
CREATE INDEX rpms_of_build ON rpms (build_id);
CREATE INDEX rpms_by_file ON rpms (file_name);
ALTER TABLE builds ADD FOREIGN KEY (source_rpm_id) REFERENCES rpms;

-- A list of packages by the hash of its canonical form: builds in the same layer share one row.
CREATE TABLE package_sets (
  sha256   text PRIMARY KEY,
  size     integer NOT NULL,
  packages jsonb NOT NULL
);

CREATE TABLE buildroots (
  task_id     bigint NOT NULL REFERENCES tasks,
  attempt     integer NOT NULL,
  build_id    bigint NOT NULL REFERENCES builds,
  arch        text NOT NULL,
  worker      text NOT NULL,
  revision_id bigint NOT NULL,
  packages    text NOT NULL REFERENCES package_sets,
  PRIMARY KEY (task_id)
);
`;

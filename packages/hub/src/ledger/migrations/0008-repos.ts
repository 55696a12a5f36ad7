/** Repository revisions: what each held, its metadata, and the one pointer per tag. */
export const repos = `
CREATE TABLE repo_revisions (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tag_id     bigint NOT NULL REFERENCES tags,
  number     integer NOT NULL,
  change     bigint NOT NULL REFERENCES catalogue_changes,
  task_id    bigint NOT NULL UNIQUE REFERENCES tasks,
  created_at timestamptz NOT NULL,
  UNIQUE (tag_id, number)
);
ALTER TABLE builds ADD FOREIGN KEY (revision_id) REFERENCES repo_revisions;
ALTER TABLE buildroots ADD FOREIGN KEY (revision_id) REFERENCES repo_revisions;

CREATE TABLE repo_arches (
  revision_id bigint NOT NULL REFERENCES repo_revisions,
  arch        text NOT NULL,
  rpms        bigint[] NOT NULL,
  PRIMARY KEY (revision_id, arch)
);

CREATE TABLE repo_files (
  revision_id bigint NOT NULL,
  arch        text NOT NULL,
  name        text NOT NULL,
  sha256      text NOT NULL REFERENCES blobs,
  size        bigint NOT NULL,
  PRIMARY KEY (revision_id, arch, name),
  FOREIGN KEY (revision_id, arch) REFERENCES repo_arches
);

-- The pointer, and the change that the newest publish task will show.
CREATE TABLE repos (
  tag_id      bigint PRIMARY KEY REFERENCES tags,
  revision_id bigint REFERENCES repo_revisions,
  wanted      bigint NOT NULL REFERENCES catalogue_changes,
  task_id     bigint NOT NULL REFERENCES tasks
);

-- Which publish tasks bring a build to its users; a build is published when all of them are done.
CREATE TABLE build_publishes (
  build_id bigint NOT NULL REFERENCES builds,
  task_id  bigint NOT NULL REFERENCES tasks,
  PRIMARY KEY (build_id, task_id)
);
CREATE INDEX build_publishes_back ON build_publishes (task_id);
`;

/** Which task signs which repomd.xml, so that what was refused is asked for again. */
export const seals = `
CREATE TABLE repo_seals (
  revision_id bigint NOT NULL REFERENCES repo_revisions,
  -- Of the repomd.xml; trees that are the same have one.
  sha256      text NOT NULL,
  -- The newest.
  task_id     bigint NOT NULL REFERENCES tasks,
  PRIMARY KEY (revision_id, sha256)
);
CREATE INDEX repo_seals_of_task ON repo_seals (task_id);
CREATE INDEX repo_revisions_unsealed ON repo_revisions (repo_id) WHERE unsealed > 0;
`;

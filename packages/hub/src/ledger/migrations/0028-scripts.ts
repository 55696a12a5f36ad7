/** Programs that run after a repository shows a new revision: what each has done for each repository. */
export const scripts = `
CREATE TABLE repo_scripts (
  repo_id     bigint NOT NULL REFERENCES repos,
  -- Its name in the hubs' configuration.
  script      text NOT NULL,
  -- The newest revision that it was begun for.
  revision_id bigint NOT NULL REFERENCES repo_revisions,
  -- \`waiting\`: it failed and is tried again; \`failed\`: given up until the next revision.
  state       text NOT NULL CHECK (state IN ('running', 'done', 'waiting', 'failed')),
  -- Of that revision; the fence of whoever runs it.
  attempt     integer NOT NULL,
  -- The hub that runs it, and until when nobody else does.
  runner      text,
  lease_until timestamptz,
  again_at    timestamptz,
  started_at  timestamptz NOT NULL,
  ended_at    timestamptz,
  code        text,
  message     text,
  -- The end of what it said.
  output      text NOT NULL DEFAULT '',
  PRIMARY KEY (repo_id, script)
);
`;

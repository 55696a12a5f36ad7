/** The git catalogue: where it is, which commit of it is in force, and which tags' words it says. */
export const gitCatalogue = `
CREATE TABLE catalogue_source (
  single        boolean PRIMARY KEY DEFAULT true CHECK (single),
  url           text NOT NULL,
  branch        text NOT NULL,
  folder        text NOT NULL,
  every_minutes integer NOT NULL,
  -- The last good one, and the change that took it over.
  commit        text,
  change        bigint REFERENCES catalogue_changes,
  applied_at    timestamptz,
  looked_at     timestamptz,
  due_at        timestamptz NOT NULL,
  -- What was wrong the last time; the last good commit stays in force.
  trouble       jsonb
);

-- Tags whose own settings are said in git.
CREATE TABLE git_tags (
  tag_id  bigint NOT NULL REFERENCES tags,
  commit  text NOT NULL,
  added   bigint NOT NULL REFERENCES catalogue_changes,
  removed bigint REFERENCES catalogue_changes,
  PRIMARY KEY (tag_id, added)
);
CREATE UNIQUE INDEX git_tags_now ON git_tags (tag_id) WHERE removed IS NULL;
`;

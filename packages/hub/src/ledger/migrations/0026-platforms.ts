/** Platforms and flavours: what each said from which change of the catalogue to which, and the tag that says it to others. */
export const platforms = `
CREATE TABLE bundles (
  kind     text NOT NULL CHECK (kind IN ('platform', 'flavour')),
  name     text NOT NULL,
  tag_id   bigint NOT NULL REFERENCES tags,
  words    jsonb NOT NULL,
  -- Where it is said, if not here: git.
  governor text,
  added    bigint NOT NULL REFERENCES catalogue_changes,
  removed  bigint REFERENCES catalogue_changes,
  PRIMARY KEY (kind, name, added)
);
CREATE UNIQUE INDEX bundles_now ON bundles (kind, name) WHERE removed IS NULL;
CREATE INDEX bundles_of_tag ON bundles (tag_id) WHERE removed IS NULL;
`;

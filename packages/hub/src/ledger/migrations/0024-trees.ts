/**
 * Repositories that are shipped beside those of buildroots, and revisions that consist of trees. What was published
 * before keeps its metadata files; its packages stand in one run a tree.
 */
export const trees = `
-- A repository: of a tag for its buildroots, or one that is shipped.
ALTER TABLE repos ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY;
ALTER TABLE repos ADD COLUMN kind text NOT NULL DEFAULT 'build' CHECK (kind IN ('build', 'dist'));
-- Of one that is shipped; that of a tag is called as the tag is.
ALTER TABLE repos ADD COLUMN name text UNIQUE CHECK ((name IS NULL) = (kind = 'build'));
ALTER TABLE repos DROP CONSTRAINT repos_pkey;
ALTER TABLE repos ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX repos_of_tag ON repos (tag_id) WHERE kind = 'build';
-- What a repository that is shipped is made of; versioned with each revision.
ALTER TABLE repos ADD COLUMN definition jsonb NOT NULL DEFAULT '{}';

ALTER TABLE repo_revisions ADD COLUMN repo_id bigint REFERENCES repos;
UPDATE repo_revisions v SET repo_id = r.id FROM repos r WHERE r.tag_id = v.tag_id;
ALTER TABLE repo_revisions ALTER COLUMN repo_id SET NOT NULL;
ALTER TABLE repo_revisions DROP CONSTRAINT repo_revisions_tag_id_number_key;
ALTER TABLE repo_revisions ADD CONSTRAINT repo_revisions_number UNIQUE (repo_id, number);
ALTER TABLE repo_revisions DROP COLUMN tag_id;
-- Its files are given no more.
ALTER TABLE repo_revisions ADD COLUMN expired_at timestamptz;
-- An older revision whose content it has.
ALTER TABLE repo_revisions ADD COLUMN back_to bigint REFERENCES repo_revisions;
ALTER TABLE repo_revisions ADD COLUMN definition jsonb NOT NULL DEFAULT '{}';
-- Packages that it goes without, or that are older there, because they are not signed; the first thousand.
ALTER TABLE repo_revisions ADD COLUMN unsigned jsonb NOT NULL DEFAULT '[]';
-- Signatures of repomd.xml that it waits for before it is shown.
ALTER TABLE repo_revisions ADD COLUMN unsealed integer NOT NULL DEFAULT 0;

-- Source packages of which something beside the catalogue has changed since the last revision of a repository that is
-- shipped: signatures have come or gone.
CREATE TABLE repo_touched (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  repo_id bigint NOT NULL REFERENCES repos,
  package text NOT NULL
);
CREATE INDEX repo_touched_of_repo ON repo_touched (repo_id);

-- Revisions that somebody works from; they do not expire meanwhile.
CREATE TABLE repo_holds (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  revision_id bigint NOT NULL REFERENCES repo_revisions,
  holder      text NOT NULL,
  why         text NOT NULL,
  until       timestamptz NOT NULL
);
CREATE INDEX repo_holds_of_revision ON repo_holds (revision_id);
ALTER TABLE repo_revisions ALTER COLUMN task_id DROP NOT NULL;

-- A tree: the packages that one repomd.xml lists. Of a build repository there is one for each architecture.
ALTER TABLE repo_arches RENAME TO repo_trees;
ALTER TABLE repo_trees RENAME COLUMN arch TO tree;
ALTER TABLE repo_files RENAME COLUMN arch TO tree;
ALTER TABLE repo_trees ADD COLUMN runs bigint[] NOT NULL DEFAULT '{}';
ALTER TABLE repo_trees ADD COLUMN packages integer NOT NULL DEFAULT 0;
ALTER TABLE repo_trees ADD COLUMN layout text NOT NULL DEFAULT 'plain' CHECK (layout IN ('plain', 'hashed'));

INSERT INTO runs (key, members, first, blob, start, sizes, opens)
SELECT 'before/' || revision_id || '/' || tree, cardinality(rpms), '{}', '', 0, '{}', '{}' FROM repo_trees WHERE cardinality(rpms) > 0;
INSERT INTO run_members (run_id, place, copy_id)
SELECT u.id, x.place, c.id
  FROM repo_trees t JOIN runs u ON u.key = 'before/' || t.revision_id || '/' || t.tree
 CROSS JOIN LATERAL unnest(t.rpms) WITH ORDINALITY AS x(rpm, place) JOIN copies c ON c.rpm_id = x.rpm;
UPDATE repo_trees t SET runs = ARRAY[u.id], packages = u.members FROM runs u WHERE u.key = 'before/' || t.revision_id || '/' || t.tree;
ALTER TABLE repo_trees DROP COLUMN rpms;
`;

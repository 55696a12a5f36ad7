/**
 * The whole catalogue: conditions of inheritance, package lists, locks, removals, targets with a past, side tags. As
 * before, every row says from which catalogue change to which it holds, and the change says whose it was.
 */
export const catalogue = `
CREATE INDEX catalogue_changes_by_time ON catalogue_changes (at);

-- A tag that was removed keeps its row and its name, so what it held can be read and a new one of that name goes on.
ALTER TABLE tags
  ADD COLUMN removed bigint REFERENCES catalogue_changes,
  ADD COLUMN locked  boolean NOT NULL DEFAULT false;

-- One row for each state that a tag was in; none is open while it is removed.
ALTER TABLE tag_settings
  ADD COLUMN name   text,
  ADD COLUMN locked boolean NOT NULL DEFAULT false,
  ADD COLUMN reason text;
UPDATE tag_settings s SET name = t.name FROM tags t WHERE t.id = s.tag_id;
ALTER TABLE tag_settings ALTER COLUMN name SET NOT NULL;

ALTER TABLE tag_parents
  ADD COLUMN maxdepth     integer CHECK (maxdepth >= 0),
  ADD COLUMN intransitive boolean NOT NULL DEFAULT false,
  ADD COLUMN noconfig     boolean NOT NULL DEFAULT false,
  ADD COLUMN pkg_filter   text;
DROP INDEX tag_parents_down;
CREATE INDEX tag_parents_down ON tag_parents (parent_id) WHERE removed IS NULL;

ALTER TABLE tag_builds
  ADD COLUMN epoch integer,
  -- Among what the same change has tagged.
  ADD COLUMN place integer NOT NULL DEFAULT 0;
UPDATE tag_builds x SET epoch = b.epoch FROM builds b WHERE b.id = x.build_id AND b.epoch IS NOT NULL;
-- What a change costs is looked up by package and by change, however much else the tag holds.
CREATE INDEX tag_builds_of_package ON tag_builds (package, tag_id);
CREATE INDEX tag_builds_added ON tag_builds (tag_id, added);
CREATE INDEX tag_builds_removed ON tag_builds (tag_id, removed) WHERE removed IS NOT NULL;
-- The history of all tags, newest first.
CREATE INDEX tag_builds_by_change ON tag_builds (added);
CREATE INDEX tag_builds_by_end ON tag_builds (removed) WHERE removed IS NOT NULL;

CREATE TABLE tag_packages (
  tag_id       bigint NOT NULL REFERENCES tags,
  package      text NOT NULL,
  blocked      boolean NOT NULL,
  owner        text NOT NULL,
  extra_arches text[] NOT NULL DEFAULT '{}',
  added        bigint NOT NULL REFERENCES catalogue_changes,
  removed      bigint REFERENCES catalogue_changes,
  PRIMARY KEY (tag_id, package, added)
);
CREATE UNIQUE INDEX tag_packages_now ON tag_packages (tag_id, package) WHERE removed IS NULL;
CREATE INDEX tag_packages_blocked ON tag_packages (tag_id, package) WHERE blocked;
CREATE INDEX tag_packages_added ON tag_packages (tag_id, added);
CREATE INDEX tag_packages_removed ON tag_packages (tag_id, removed) WHERE removed IS NOT NULL;
CREATE INDEX tag_packages_of_package ON tag_packages (package, tag_id);
CREATE INDEX tag_packages_of_owner ON tag_packages (owner) WHERE removed IS NULL;

ALTER TABLE targets
  ADD COLUMN removed bigint REFERENCES catalogue_changes;
CREATE TABLE target_states (
  target_id    bigint NOT NULL REFERENCES targets,
  name         text NOT NULL,
  build_tag_id bigint NOT NULL REFERENCES tags,
  dest_tag_id  bigint NOT NULL REFERENCES tags,
  aliases      text[] NOT NULL DEFAULT '{}',
  added        bigint NOT NULL REFERENCES catalogue_changes,
  removed      bigint REFERENCES catalogue_changes,
  PRIMARY KEY (target_id, added)
);
INSERT INTO target_states (target_id, name, build_tag_id, dest_tag_id, added)
SELECT id, name, build_tag_id, dest_tag_id, added FROM targets;
CREATE INDEX targets_of_build_tag ON targets (build_tag_id) WHERE removed IS NULL;
CREATE INDEX targets_of_dest_tag ON targets (dest_tag_id) WHERE removed IS NULL;
CREATE INDEX builds_running ON builds (target_id) WHERE state = 'building';
CREATE TABLE target_aliases (
  alias     text PRIMARY KEY,
  target_id bigint NOT NULL REFERENCES targets
);
CREATE INDEX target_aliases_back ON target_aliases (target_id);

-- Tags that serve a while: made by a person, for a batch, or for the builds that one root sees beside its target's.
CREATE TABLE side_tags (
  tag_id  bigint PRIMARY KEY REFERENCES tags,
  kind    text NOT NULL CHECK (kind IN ('person', 'batch', 'link')),
  owner   text NOT NULL,
  base_id bigint REFERENCES tags,
  -- Null: as long as what it was made for goes on.
  ends_at timestamptz
);
CREATE INDEX side_tags_ends ON side_tags (ends_at) WHERE ends_at IS NOT NULL;
INSERT INTO side_tags (tag_id, kind, owner, ends_at)
SELECT t.id, 'link', c.actor, ledger_now() + interval '14 days'
  FROM tags t JOIN catalogue_changes c ON c.id = t.added WHERE t.name ~ '^link-[0-9a-f]{16}$';
INSERT INTO side_tags (tag_id, kind, owner, base_id, ends_at)
SELECT b.side_tag, 'batch', b.owner,
       (SELECT p.parent_id FROM tag_parents p WHERE p.tag_id = b.side_tag AND p.removed IS NULL ORDER BY p.priority LIMIT 1),
       CASE WHEN b.ended_at IS NULL THEN NULL ELSE ledger_now() + interval '14 days' END
  FROM batches b WHERE b.side_tag IS NOT NULL ON CONFLICT DO NOTHING;
`;

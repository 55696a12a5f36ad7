/** What repositories as views over blobs are made of: spliced blobs, copies of packages, and what metadata says of them. */
export const copies = `
-- Where a blob is joined from ranges of stored ones when it is read: 44 bytes for each, which are the SHA-256, the first
-- byte and the length, both of six bytes, the highest first.
ALTER TABLE blobs ADD COLUMN pieces bytea CHECK (length(pieces) % 44 = 0);
ALTER TABLE blobs ALTER COLUMN pieces SET STORAGE EXTERNAL;

CREATE TABLE fragments (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest text NOT NULL UNIQUE,
  bytes  bytea NOT NULL,
  -- What the header says about shipping it beside a larger architecture: runtime, kernel, kernel-devel.
  traits text[] NOT NULL DEFAULT '{}'
);
ALTER TABLE fragments ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE copies (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Null where the package is of an external repository.
  rpm_id       bigint REFERENCES rpms,
  -- Null where it is as it was built.
  key_id       bigint,
  -- Null until somebody has read its header: packages from before there were fragments.
  fragment_id  bigint REFERENCES fragments,
  name         text NOT NULL,
  epoch        integer,
  version      text NOT NULL,
  release      text NOT NULL,
  arch         text NOT NULL,
  file_name    text NOT NULL,
  sha256       text NOT NULL,
  size         bigint NOT NULL,
  header_start bigint NOT NULL,
  header_end   bigint NOT NULL,
  -- Seconds since 1970: when the package was built; 0 while there is no fragment.
  file_time    bigint NOT NULL DEFAULT 0,
  -- What its entries say, but for their address.
  says         text,
  -- Bytes of its entries, by which runs are cut.
  plain        integer NOT NULL DEFAULT 0,
  CHECK ((fragment_id IS NULL) = (says IS NULL))
);
CREATE UNIQUE INDEX copies_of_rpm ON copies (rpm_id, coalesce(key_id, 0)) WHERE rpm_id IS NOT NULL;
CREATE INDEX copies_by_file ON copies (file_name);

INSERT INTO copies (rpm_id, name, epoch, version, release, arch, file_name, sha256, size, header_start, header_end)
SELECT id, name, epoch, version, release, arch, file_name, sha256, size, header_start, header_end FROM rpms;

-- Consecutive packages of a repository, packed once for primary, filelists and other.
CREATE TABLE runs (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- What it says, where it says that its packages lie, and how it is packed.
  key     text NOT NULL UNIQUE,
  members integer NOT NULL,
  -- The first of its members, by which it is found in a repository's sequence.
  first   jsonb NOT NULL,
  -- Where it is packed: from a byte of a blob on, for each kind of metadata so many bytes, with so many in them.
  blob    text NOT NULL,
  start   bigint NOT NULL,
  sizes   integer[] NOT NULL,
  opens   integer[] NOT NULL
);
CREATE TABLE run_members (
  run_id  bigint NOT NULL REFERENCES runs,
  place   integer NOT NULL,
  copy_id bigint NOT NULL REFERENCES copies,
  PRIMARY KEY (run_id, place)
);
CREATE INDEX run_members_of_copy ON run_members (copy_id);
`;

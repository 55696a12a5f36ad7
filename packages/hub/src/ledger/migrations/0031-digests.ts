/** Files of packages with their digests, for repositories that list these too. */
export const digests = `
-- Read from a package's header when such a repository first packs it. All copies share it, since signing leaves the header
-- alone. Not a part of its fragment, whose digest names what other repositories have packed.
CREATE TABLE extended_filelists (
  rpm_id bigint PRIMARY KEY REFERENCES rpms,
  bytes  bytea NOT NULL
);
ALTER TABLE extended_filelists ALTER COLUMN bytes SET STORAGE EXTERNAL;
`;

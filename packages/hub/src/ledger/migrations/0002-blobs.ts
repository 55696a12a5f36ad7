/** Files by their hash, and the uploads that bring them. */
export const blobs = `
CREATE TABLE blobs (
  sha256     text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  size       bigint NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE uploads (
  id         text PRIMARY KEY,
  principal  text NOT NULL,
  task_id    bigint,
  attempt    integer,
  name       text NOT NULL,
  size       bigint NOT NULL,
  sha256     text NOT NULL,
  complete   boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL
);

CREATE TABLE upload_parts (
  upload_id text NOT NULL REFERENCES uploads ON DELETE CASCADE,
  part      integer NOT NULL,
  size      bigint NOT NULL,
  sha256    text NOT NULL,
  PRIMARY KEY (upload_id, part)
);
`;

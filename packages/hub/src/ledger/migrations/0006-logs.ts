/** Logs of attempts: compressed pieces while they run, one blob when they have ended. */
export const logs = `
CREATE TABLE logs (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id    bigint NOT NULL REFERENCES tasks,
  attempt    integer NOT NULL,
  name       text NOT NULL,
  size       bigint NOT NULL DEFAULT 0,
  complete   boolean NOT NULL DEFAULT false,
  sealed     text REFERENCES blobs,
  updated_at timestamptz NOT NULL,
  UNIQUE (task_id, attempt, name)
);

CREATE INDEX logs_unsealed ON logs (id) WHERE sealed IS NULL;

-- Each chunk is one zstd frame: in \`bytes\` while the log runs, at \`sealed_at\` in the sealed blob afterwards, which is
-- therefore a zstd file of its own.
CREATE TABLE log_chunks (
  log_id    bigint NOT NULL REFERENCES logs,
  start     bigint NOT NULL,
  length    integer NOT NULL,
  bytes     bytea,
  sealed_at bigint,
  stored    integer NOT NULL,
  PRIMARY KEY (log_id, start),
  CHECK ((bytes IS NULL) <> (sealed_at IS NULL))
);
ALTER TABLE log_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;
`;

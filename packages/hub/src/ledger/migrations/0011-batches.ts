/** Several builds with an order among them. */
export const batches = `
CREATE TABLE batches (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text NOT NULL CHECK (kind IN ('chain', 'batch')),
  owner      text NOT NULL,
  state      text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'paused', 'done', 'failed', 'canceled')),
  targets    text[] NOT NULL,
  on_failure text NOT NULL CHECK (on_failure IN ('hold', 'go-on')),
  may_hurry  boolean NOT NULL,
  created_at timestamptz NOT NULL,
  ended_at   timestamptz
);

CREATE TABLE batch_items (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id      bigint NOT NULL REFERENCES batches,
  label         text NOT NULL,
  target        text NOT NULL,
  source_name   text NOT NULL,
  source_sha256 text NOT NULL REFERENCES blobs,
  options       jsonb NOT NULL,
  state         text NOT NULL
                CHECK (state IN ('waiting', 'ready', 'building', 'done', 'failed', 'held', 'skipped', 'canceled')),
  -- How many of what it needs is not done.
  open          integer NOT NULL,
  build_id      bigint REFERENCES builds,
  failure       jsonb,
  -- Expected seconds of it, and of the longest path of what needs it.
  seconds       real NOT NULL DEFAULT 0,
  after         real NOT NULL DEFAULT 0
);
CREATE INDEX batch_items_of_batch ON batch_items (batch_id, id);
CREATE INDEX batch_items_ready ON batch_items (id) WHERE state = 'ready';
CREATE INDEX batch_items_of_build ON batch_items (build_id) WHERE build_id IS NOT NULL;

CREATE TABLE batch_needs (
  item_id bigint NOT NULL REFERENCES batch_items,
  needs   bigint NOT NULL REFERENCES batch_items,
  -- False once what is needed is done, or was let go although it failed.
  open    boolean NOT NULL DEFAULT true,
  PRIMARY KEY (item_id, needs)
);
CREATE INDEX batch_needs_back ON batch_needs (needs);

ALTER TABLE builds
  -- Seconds of the longest path of what waits for this build.
  ADD COLUMN after        real NOT NULL DEFAULT 0,
  -- The change of the catalogue that its buildroot must show, at least.
  ADD COLUMN needs_change bigint REFERENCES catalogue_changes;
`;

/** Rebuilds: what was asked, the plan that a worker made, and the stages of a broken cycle. */
export const rebuilds = `
ALTER TABLE tasks DROP CONSTRAINT tasks_kind_check;
ALTER TABLE tasks ADD CONSTRAINT tasks_kind_check CHECK (kind IN ('srpm', 'build', 'publish', 'plan'));

ALTER TABLE batches DROP CONSTRAINT batches_kind_check;
ALTER TABLE batches DROP CONSTRAINT batches_state_check;
ALTER TABLE batches
  ADD CONSTRAINT batches_kind_check CHECK (kind IN ('chain', 'batch', 'rebuild')),
  ADD CONSTRAINT batches_state_check
      CHECK (state IN ('planning', 'planned', 'running', 'paused', 'done', 'failed', 'canceled')),
  ADD COLUMN request   jsonb,
  ADD COLUMN plan      jsonb,
  ADD COLUMN plan_task bigint REFERENCES tasks,
  ADD COLUMN side_tag  bigint REFERENCES tags,
  ADD COLUMN merged_at timestamptz,
  ADD COLUMN failure   jsonb;

ALTER TABLE batch_items
  ADD COLUMN stage    text NOT NULL DEFAULT 'usual' CHECK (stage IN ('usual', 'bootstrap', 'clean')),
  -- Where its build is tagged beside its target's destination.
  ADD COLUMN also_tag bigint REFERENCES tags;

-- What the package asked of this root, the generated requirements included; what a rebuild is planned from.
ALTER TABLE buildroots ADD COLUMN requires jsonb;
`;

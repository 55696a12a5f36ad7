/** Tries: a change with what needs it, aside; and what that broke beside what was broken before. */
export const tries = `
ALTER TABLE tasks DROP CONSTRAINT tasks_kind_check;
ALTER TABLE tasks ADD CONSTRAINT tasks_kind_check CHECK (kind IN ('srpm', 'build', 'publish', 'plan', 'closure'));

ALTER TABLE batches DROP CONSTRAINT batches_kind_check;
ALTER TABLE batches
  ADD CONSTRAINT batches_kind_check CHECK (kind IN ('chain', 'batch', 'rebuild', 'try')),
  ADD COLUMN closure_task bigint REFERENCES tasks,
  -- What can be installed no more, of the worker's account.
  ADD COLUMN closure      jsonb;

ALTER TABLE batch_items DROP CONSTRAINT batch_items_stage_check;
ALTER TABLE batch_items
  ADD CONSTRAINT batch_items_stage_check CHECK (stage IN ('usual', 'bootstrap', 'clean', 'change', 'baseline'));
`;

/**
 * Indexes that lookups by key cannot be led astray by. In a fleet that was idle when the planner last counted, an index
 * of all that runs looks like one row, and is then read whole for each of a thousand lookups.
 */
export const lookups = `
-- One attempt of a task runs; only claims are looked up among what runs.
DROP INDEX task_attempts_running;
CREATE UNIQUE INDEX task_attempts_running ON task_attempts (task_id) WHERE ended_at IS NULL;
ALTER TABLE task_attempts ADD CHECK ((outcome = 'running') = (ended_at IS NULL));

-- Renewing a lease changes no indexed column, so that it stays on its page and touches no index.
DROP INDEX tasks_leased;
ALTER TABLE tasks SET (fillfactor = 80);
ALTER TABLE task_attempts SET (fillfactor = 80);
ALTER TABLE workers SET (fillfactor = 50);
`;

/** A build and its first task name each other; the build is written first, with the number that its task will have. */
export const firstTask = `
ALTER TABLE builds ALTER CONSTRAINT builds_task_id_fkey DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE builds ALTER COLUMN task_id SET NOT NULL;
`;

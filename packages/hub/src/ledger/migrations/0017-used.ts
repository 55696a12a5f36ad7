/** What tasks really took of a machine. */
export const used = `
-- In MiB, of the last runs on an architecture, newest last.
ALTER TABLE durations
  ADD COLUMN memory_used integer[] NOT NULL DEFAULT '{}',
  ADD COLUMN disk_used   integer[] NOT NULL DEFAULT '{}';
`;

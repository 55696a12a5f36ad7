/** What was last told of why a task waits, so that it is told again only when it has changed. */
export const told = `
ALTER TABLE tasks ADD COLUMN told text;
`;

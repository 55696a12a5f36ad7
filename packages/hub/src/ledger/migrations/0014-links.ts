/** Builds that one build sees beside what its target gives. */
export const links = `
-- [{ tag, priority, side }]: tags whose repositories are added to the root's.
ALTER TABLE builds ADD COLUMN links jsonb NOT NULL DEFAULT '[]';
`;

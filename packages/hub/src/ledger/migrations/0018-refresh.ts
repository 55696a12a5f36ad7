/** Workers that are asked to look at themselves again. */
export const refresh = `
ALTER TABLE workers
  -- How often it was asked, and the last of these that it has answered by telling what it offers.
  ADD COLUMN refresh_asked   integer NOT NULL DEFAULT 0,
  ADD COLUMN refresh_done    integer NOT NULL DEFAULT 0,
  -- Why it kept what it offered before, and which settings only a restart brings, by its last answer.
  ADD COLUMN refresh_problem text,
  ADD COLUMN refresh_restart text[] NOT NULL DEFAULT '{}';
`;

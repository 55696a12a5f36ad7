/** Who calls: principals and their local tokens, of which only hashes are kept. */
export const identity = `
CREATE TABLE principals (
  name        text PRIMARY KEY,
  kind        text NOT NULL CHECK (kind IN ('person', 'worker', 'enroller', 'system')),
  permissions text[] NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL
);

CREATE TABLE tokens (
  hash       text PRIMARY KEY,
  principal  text NOT NULL REFERENCES principals,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz
);
`;

/** Keys, what tags want of them, and which package is signed by which. */
export const signing = `
ALTER TABLE tasks DROP CONSTRAINT tasks_kind_check;
ALTER TABLE tasks ADD CONSTRAINT tasks_kind_check CHECK (kind IN ('srpm', 'build', 'publish', 'plan', 'closure', 'sign'));

CREATE TABLE keys (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name         text NOT NULL UNIQUE,
  fingerprint  text NOT NULL UNIQUE,
  -- Of the key that signs, which may be a subkey.
  key_id       text NOT NULL,
  -- Of all its keys that may sign.
  key_ids      text[] NOT NULL,
  algorithm    text NOT NULL,
  armor        text NOT NULL,
  -- By the key's own account.
  made_at      timestamptz NOT NULL,
  expires_at   timestamptz,
  state        text NOT NULL CHECK (state IN ('offered', 'active', 'retiring', 'revoked')),
  -- Signed with by hand, on a machine that reaches no hub: no task is made for it.
  offline      boolean NOT NULL DEFAULT false,
  backend      text,
  successor_id bigint REFERENCES keys,
  added_at     timestamptz NOT NULL,
  added_by     text NOT NULL,
  revoked_at   timestamptz,
  reason       text,
  CHECK ((state = 'revoked') = (revoked_at IS NOT NULL))
);
ALTER TABLE copies ADD FOREIGN KEY (key_id) REFERENCES keys;
CREATE INDEX copies_by_key ON copies (key_id) WHERE key_id IS NOT NULL;

-- What a tag says at each change; where key_id is null it wants none, whatever its parents say.
CREATE TABLE tag_keys (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tag_id  bigint NOT NULL REFERENCES tags,
  key_id  bigint REFERENCES keys,
  form    text NOT NULL CHECK (form IN ('header', 'header+payload')),
  -- Null: all.
  arches  text[],
  -- The oldest rpm that must be able to verify it.
  rpm     text,
  added   bigint NOT NULL REFERENCES catalogue_changes,
  removed bigint REFERENCES catalogue_changes
);
CREATE UNIQUE INDEX tag_keys_now ON tag_keys (tag_id, coalesce(key_id, 0)) WHERE removed IS NULL;
CREATE INDEX tag_keys_of_key ON tag_keys (key_id) WHERE removed IS NULL;

-- A package and a key that is to sign it: one row for each pair, whatever was tried.
CREATE TABLE signings (
  rpm_id   bigint NOT NULL REFERENCES rpms,
  key_id   bigint NOT NULL REFERENCES keys,
  build_id bigint NOT NULL REFERENCES builds,
  -- For which it was wanted first; null where somebody asked for it.
  tag_id   bigint REFERENCES tags,
  form     text NOT NULL CHECK (form IN ('header', 'header+payload')),
  state    text NOT NULL DEFAULT 'waiting'
           CHECK (state IN ('waiting', 'signed', 'refused', 'failed', 'canceled', 'finished')),
  task_id  bigint REFERENCES tasks,
  failure  jsonb,
  -- The worker that signed it, or who brought the signature.
  signer   text,
  asked_at timestamptz NOT NULL,
  ended_at timestamptz,
  -- From when on a task is to be made for it; null where it has one, needs none or gets none.
  due_at   timestamptz,
  PRIMARY KEY (rpm_id, key_id),
  CHECK (state <> 'waiting' OR task_id IS NULL OR due_at IS NULL)
);
CREATE INDEX signings_of_build ON signings (build_id);
CREATE INDEX signings_of_task ON signings (task_id);
CREATE INDEX signings_due ON signings (key_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX signings_open ON signings (key_id) WHERE state NOT IN ('signed', 'finished');

-- The catalogue change up to which it was looked who wants what.
CREATE TABLE signing_looks (change bigint NOT NULL);
INSERT INTO signing_looks SELECT coalesce(max(id), 0) FROM catalogue_changes;
`;

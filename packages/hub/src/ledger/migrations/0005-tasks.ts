/** The fleet and its work. `attempt` is the fence: it rises with each lease and never falls. */
export const tasks = `
CREATE TABLE workers (
  name         text PRIMARY KEY REFERENCES principals,
  offer        jsonb NOT NULL,
  enabled      boolean NOT NULL DEFAULT true,
  leaving      boolean NOT NULL DEFAULT false,
  enrolled_at  timestamptz NOT NULL,
  last_seen_at timestamptz
);

CREATE TABLE tasks (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind        text NOT NULL CHECK (kind IN ('srpm', 'build', 'publish')),
  label       text NOT NULL,
  arch        text,
  state       text NOT NULL DEFAULT 'free'
              CHECK (state IN ('free', 'leased', 'done', 'failed', 'canceled', 'excluded')),
  attempt     integer NOT NULL DEFAULT 0,
  -- Attempts that ended by losing a worker or for the infrastructure's sake.
  spent       integer NOT NULL DEFAULT 0,
  owner       text NOT NULL,
  priority    integer NOT NULL,
  build_id    bigint,
  parent_id   bigint REFERENCES tasks,
  request     jsonb NOT NULL,
  result      jsonb,
  failure     jsonb,
  -- How many tasks of task_blocks still block it.
  blockers    integer NOT NULL DEFAULT 0,
  not_before  timestamptz,
  worker      text,
  lease_until timestamptz,
  created_at  timestamptz NOT NULL,
  started_at  timestamptz,
  ended_at    timestamptz,
  CHECK ((state = 'leased') = (lease_until IS NOT NULL))
);
CREATE INDEX tasks_free ON tasks (priority, id) WHERE state = 'free' AND blockers = 0;
CREATE INDEX tasks_leased ON tasks (lease_until) WHERE state = 'leased';
CREATE INDEX tasks_of_build ON tasks (build_id);
CREATE INDEX tasks_of_worker ON tasks (worker) WHERE state = 'leased';
CREATE INDEX tasks_of_parent ON tasks (parent_id);

CREATE TABLE task_blocks (
  task_id    bigint NOT NULL REFERENCES tasks,
  blocked_by bigint NOT NULL REFERENCES tasks,
  open       boolean NOT NULL DEFAULT true,
  PRIMARY KEY (task_id, blocked_by)
);
CREATE INDEX task_blocks_back ON task_blocks (blocked_by) WHERE open;

CREATE TABLE task_attempts (
  task_id   bigint NOT NULL REFERENCES tasks,
  attempt   integer NOT NULL,
  worker    text NOT NULL,
  slot      integer NOT NULL,
  nonce     text NOT NULL,
  leased_at timestamptz NOT NULL,
  -- The first heartbeat; a lease that lapses before it was never taken up.
  heard_at  timestamptz,
  ended_at  timestamptz,
  outcome   text NOT NULL DEFAULT 'running'
            CHECK (outcome IN ('running', 'done', 'failed', 'canceled', 'excluded', 'lost', 'freed')),
  failure   jsonb,
  PRIMARY KEY (task_id, attempt)
);
CREATE UNIQUE INDEX task_attempts_claim ON task_attempts (worker, slot, nonce) WHERE outcome = 'running';
CREATE UNIQUE INDEX task_attempts_running ON task_attempts (task_id) WHERE outcome = 'running';
`;

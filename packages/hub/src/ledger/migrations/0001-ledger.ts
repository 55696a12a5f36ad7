/** Time, events, idempotency, listening: what every other room stands on. */
export const ledger = `
CREATE TABLE clock (
  sole  boolean PRIMARY KEY DEFAULT true CHECK (sole),
  shift interval NOT NULL DEFAULT '0'
);
INSERT INTO clock DEFAULT VALUES;

-- The one source of time for leases and order. Only tests set the shift.
CREATE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql VOLATILE
  AS 'SELECT pg_catalog.clock_timestamp() + (SELECT shift FROM clock)';

CREATE TABLE events (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  seq      bigint UNIQUE,
  type     text NOT NULL,
  subject  text NOT NULL,
  version  integer NOT NULL,
  schema   integer NOT NULL,
  actor    text NOT NULL,
  cause    text,
  build_id bigint,
  time     timestamptz NOT NULL,
  data     jsonb NOT NULL,
  UNIQUE (subject, version)
);
CREATE INDEX events_unnumbered ON events (id) WHERE seq IS NULL;
CREATE INDEX events_of_build ON events (build_id, seq) WHERE build_id IS NOT NULL;

CREATE TABLE event_head (
  sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
  seq  bigint NOT NULL DEFAULT 0
);
INSERT INTO event_head DEFAULT VALUES;

-- Until when some hub was there to hear heartbeats.
CREATE TABLE listening (
  sole    boolean PRIMARY KEY DEFAULT true CHECK (sole),
  "until" timestamptz NOT NULL
);
INSERT INTO listening ("until") VALUES (pg_catalog.clock_timestamp());

CREATE TABLE idempotency (
  principal text NOT NULL,
  route     text NOT NULL,
  key       text NOT NULL,
  body_hash text NOT NULL,
  reply     jsonb,
  at        timestamptz NOT NULL,
  PRIMARY KEY (principal, route, key)
);
CREATE INDEX idempotency_age ON idempotency (at);
`;

/** The clock as an expression that the planner takes into a statement: as a query it cost more than what it was held against. */
export const clock = `
-- Where a test has shifted it, the shift is written into it.
CREATE OR REPLACE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT pg_catalog.clock_timestamp()';
CREATE FUNCTION keep_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE OR REPLACE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS %L',
                 format('SELECT pg_catalog.clock_timestamp() + interval %L', NEW.shift));
  RETURN NULL;
END $$;
CREATE TRIGGER clock_kept AFTER UPDATE OF shift ON clock FOR EACH ROW EXECUTE FUNCTION keep_clock();
`;

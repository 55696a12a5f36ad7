/** The hub about itself. */
import { openapi } from '@moromi/contract';
import { type Handlers, type Ledger, ledgerTime } from '../ledger/index.ts';

export interface HubFacts {
  version: string;
  name: string;
  /** `embedded` or `external`. */
  ledger: string;
}

export function statusRoutes(ledger: Ledger, facts: HubFacts): Pick<Handlers, 'status' | 'openapi'> {
  const document = openapi(facts.version);
  return {
    status: async (call) => ({
      version: facts.version,
      hub: facts.name,
      time: (await ledgerTime(ledger.read)).toISOString(),
      uptimeSeconds: process.uptime(),
      ledger: facts.ledger,
      principal: call.principal.name,
    }),
    openapi: async () => document,
  };
}

/** Tokens over HTTP. */
import { type Handlers, type Ledger, tell } from '../ledger/index.ts';
import { setUsualPriority } from './queries.ts';
import { makeToken } from './tokens.ts';

export function identityRoutes(ledger: Ledger): Pick<Handlers, 'createToken'> {
  return {
    // Not an `effect`: that would keep the token with the reply. Repeating the call makes one token more.
    createToken: (call) =>
      ledger.tx('identity.create-token', async (tx) => {
        const { principal, permissions, priority, days } = call.body;
        const kind = permissions.length === 1 && permissions[0] === 'enrol' ? 'enroller' : 'person';
        tell(tx, {
          type: 'principal.token-made',
          subject: `principal:${principal}`,
          actor: call.principal.name,
          data: { permissions },
        });
        const token = await makeToken(tx, principal, kind, permissions, days);
        if (priority !== undefined) await setUsualPriority(tx, principal, priority);
        return { principal, token };
      }),
  };
}

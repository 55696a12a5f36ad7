/** Enrolment and the fleet over HTTP. */
import { Problem } from '@moromi/contract';
import { replaceToken } from '../identity/index.ts';
import { type Handlers, hint, type Ledger, tell } from '../ledger/index.ts';
import { listWorkers, tasksOfWorkers, updateOffer, upsertWorker } from './queries.ts';

export function workerRoutes(ledger: Ledger): Pick<Handlers, 'enrolWorker' | 'offer' | 'listWorkers'> {
  return {
    // Not an `effect`: that would keep the token with the reply. Enrolling twice ends the first token.
    enrolWorker: (call) =>
      ledger.tx('workers.enrol', async (tx) => {
        const { name, offer } = call.body;
        const token = await replaceToken(tx, name, 'worker');
        await upsertWorker(tx, name, offer);
        tell(tx, {
          type: 'worker.enrolled',
          subject: `worker:${name}`,
          actor: call.principal.name,
          data: { arches: offer.arches, kinds: offer.kinds },
        });
        return { name, token };
      }),
    offer: (call) =>
      ledger.tx('workers.offer', async (tx) => {
        if (!(await updateOffer(tx, call.principal.name, call.body))) throw new Problem('unknown_worker');
        tell(tx, {
          type: 'worker.offered',
          subject: `worker:${call.principal.name}`,
          actor: call.principal.name,
          data: { arches: call.body.arches, slots: call.body.slots },
        });
        hint(tx, 'tasks');
        return {};
      }),
    listWorkers: async (call) => {
      const limit = call.query.limit ?? 50;
      const found = await listWorkers(ledger.read, call.query.cursor ?? '', limit);
      const tasks = await tasksOfWorkers(
        ledger.read,
        found.map((one) => one.name),
      );
      const items = found.map((one) => ({
        name: one.name,
        offer: one.offer,
        state: one.online ? ('online' as const) : ('away' as const),
        enabled: one.enabled,
        lastSeenAt: one.lastSeenAt?.toISOString() ?? null,
        tasks: tasks.get(one.name) ?? [],
      }));
      return { items, next: found.length === limit ? (found.at(-1)?.name ?? null) : null };
    },
  };
}

/** Enrolment and the fleet over HTTP. */
import { Problem } from '@moromi/contract';
import { replaceToken } from '../identity/index.ts';
import { type Handlers, hint, type Ledger, type Reader, tell } from '../ledger/index.ts';
import {
  editWorker,
  findWorker,
  forgetRefusals,
  listWorkers,
  lockWorker,
  tasksOfWorkers,
  updateOffer,
  upsertWorker,
} from './queries.ts';
import { showWorker } from './show.ts';

type Served = 'enrolWorker' | 'offer' | 'listWorkers' | 'getWorker' | 'editWorker';

export function workerRoutes(ledger: Ledger): Pick<Handlers, Served> {
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
        await forgetRefusals(tx, call.principal.name);
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
      const items = found.map((one) => showWorker(one, tasks.get(one.name) ?? []));
      return { items, next: found.length === limit ? (found.at(-1)?.name ?? null) : null };
    },
    getWorker: (call) => show(ledger.read, call.params.name),
    editWorker: (call) =>
      call.effect('workers.edit', async (tx) => {
        const { name } = call.params;
        if ((await lockWorker(tx, name)) === undefined)
          throw new Problem('unknown_worker', `there is no worker ${name}`);
        await editWorker(tx, name, call.body);
        tell(tx, {
          type: 'worker.edited',
          subject: `worker:${name}`,
          actor: call.principal.name,
          data: { ...call.body },
        });
        hint(tx, 'tasks');
        return await show(tx, name);
      }),
  };
}

async function show(tx: Reader, name: string) {
  const worker = await findWorker(tx, name);
  if (worker === undefined) throw new Problem('unknown_worker', `there is no worker ${name}`);
  return showWorker(worker, (await tasksOfWorkers(tx, [name])).get(name) ?? []);
}

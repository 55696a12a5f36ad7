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
  workersByName,
} from './queries.ts';
import { askAnew, keepAnswer } from './refresh-queries.ts';
import { showWorker } from './show.ts';

type Served = 'enrolWorker' | 'offer' | 'listWorkers' | 'getWorker' | 'editWorker' | 'refreshWorkers';

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
        const { name } = call.principal;
        const { answer, ...offer } = call.body;
        const known =
          answer === undefined ? updateOffer(tx, name, offer) : keepAnswer(tx, name, offer, answer);
        if (!(await known)) throw new Problem('unknown_worker');
        await forgetRefusals(tx, name);
        tell(tx, {
          type: 'worker.offered',
          subject: `worker:${name}`,
          actor: name,
          data: {
            arches: offer.arches,
            slots: offer.slots,
            ...(answer === undefined ? {} : { ask: answer.ask, problem: answer.problem }),
          },
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
    refreshWorkers: (call) =>
      call.effect('workers.refresh', async (tx) => {
        const asked = await askAnew(tx, call.body.workers);
        const missing = call.body.workers?.find((name) => !asked.includes(name));
        if (missing !== undefined) throw new Problem('unknown_worker', `there is no worker ${missing}`);
        const [found, tasks] = [await workersByName(tx, asked), await tasksOfWorkers(tx, asked)];
        for (const [name, { refreshAsked }] of found)
          tell(tx, {
            type: 'worker.asked',
            subject: `worker:${name}`,
            actor: call.principal.name,
            data: { ask: refreshAsked },
          });
        const items = [...found.values()].map((one) => showWorker(one, tasks.get(one.name) ?? []));
        return { items: items.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
      }),
  };
}

async function show(tx: Reader, name: string) {
  const worker = await findWorker(tx, name);
  if (worker === undefined) throw new Problem('unknown_worker', `there is no worker ${name}`);
  return showWorker(worker, (await tasksOfWorkers(tx, [name])).get(name) ?? []);
}

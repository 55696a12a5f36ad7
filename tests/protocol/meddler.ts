/**
 * An administrator on a bad day: frees, assigns, pauses, quarantines and changes priorities at random, and asks of
 * whatever waits why it does.
 *
 * Invariant: in the evening everything is let go again, so the day can end.
 */
import type { Client } from './line.ts';
import type { Random } from './random.ts';

const refusals = ['task_over', 'task_running', 'worker_unfit', 'unknown_task'];

export class Meddler {
  readonly #call: Client;
  readonly #random: Random;
  readonly #workers: readonly string[];

  constructor(call: Client, random: Random, workers: readonly string[]) {
    this.#call = call;
    this.#random = random;
    this.#workers = workers;
  }

  async meddle(): Promise<void> {
    const random = this.#random;
    const name = random.pick(this.#workers);
    const { items } = await this.#call('listTasks', { query: { limit: 100 } });
    const open = items.filter((task) => task.state === 'free' || task.state === 'leased');
    for (const task of open)
      if (task.state === 'free' && (task.waiting?.reason ?? '') === '')
        throw new Error(`nobody can say why task ${task.id} waits`);
    const deed = random.pick([
      'standing',
      'free',
      'assign',
      'priority',
      'pause',
      'quota',
      'nothing',
    ] as const);
    const [task] = open.length > 0 ? [random.pick(open)] : [];
    if (deed === 'standing')
      await this.#stand(name, random.pick(['disabled', 'draining', 'quarantined', 'enabled'] as const));
    if (deed === 'pause') await this.#pause(random.chance(0.5));
    if (deed === 'quota') await this.#quota(random.pick([1, 2, 5]));
    if (task === undefined) return;
    const params = { id: task.id };
    if (deed === 'free') await this.#try('freeTask', { params, body: {} });
    if (deed === 'assign')
      await this.#try('assignTask', { params, body: { worker: random.chance(0.5) ? name : null } });
    if (deed === 'priority')
      await this.#try('setPriority', { params, body: { priority: random.pick([5, 10, 20, 30]) } });
  }

  /** Everything as it should be, so that all tasks can end. */
  async rest(): Promise<void> {
    for (const name of this.#workers) await this.#stand(name, 'enabled');
    await this.#pause(false);
    await this.#quota(null);
    const { items } = await this.#call('listTasks', { query: { state: 'free', limit: 500 } });
    for (const task of items)
      if (task.assigned !== null)
        await this.#try('assignTask', { params: { id: task.id }, body: { worker: null } });
  }

  async #stand(name: string, standing: 'enabled' | 'disabled' | 'draining' | 'quarantined'): Promise<void> {
    await this.#call('setStanding', { params: { name }, body: { standing } });
  }

  async #pause(paused: boolean): Promise<void> {
    await this.#call('setPause', { body: { tag: null, paused } });
  }

  async #quota(tasks: number | null): Promise<void> {
    await this.#call('setQuota', { body: { subject: 'owner', name: 'admin', tasks } });
  }

  /** What the task became meanwhile is no mistake of anybody. */
  async #try(...given: Parameters<Client>): Promise<void> {
    await this.#call(...given).catch((error: unknown) => {
      const code = (error as { problem?: { code?: string } }).problem?.code ?? '';
      if (!refusals.includes(code)) throw error;
    });
  }
}

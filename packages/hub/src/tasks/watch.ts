/**
 * Tells workers at once what they must stop.
 *
 * Invariant: a watch says nothing that a heartbeat would not; one that is cut costs the time until the next heartbeat.
 */
import type { Reply, Routes } from '@moromi/contract';
import { type Ledger, log, Together } from '../ledger/index.ts';
import { lookOver } from './control-queries.ts';

interface Watching {
  worker: string;
  tasks: readonly { task: number; attempt: number }[];
  standing: string;
  give: (reply: WatchReply) => void;
}

type WatchReply = Reply<Routes['watchTasks']>;

export class Watches {
  readonly #ledger: Ledger;
  readonly #watching = new Set<Watching>();
  /** What changed before a watch came is told too. */
  readonly #fresh: Together<Watching, void>;
  readonly #off: () => void;
  #looking = false;
  #again = false;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#fresh = new Together<Watching, void>(async (watching) => {
      await this.#lookAt(watching);
      return watching.map(() => undefined);
    });
    this.#off = ledger.hints.on('stops', () => this.#look());
  }

  close(): void {
    this.#off();
    for (const one of this.#watching)
      one.give({ lost: [], standing: one.standing as WatchReply['standing'] });
  }

  async watch(
    worker: string,
    {
      tasks,
      standing,
      waitSeconds,
    }: { tasks: Watching['tasks']; standing: WatchReply['standing']; waitSeconds: number },
    gone: AbortSignal,
  ): Promise<WatchReply> {
    return await new Promise((resolve) => {
      const give = (reply: WatchReply): void => {
        clearTimeout(timer);
        gone.removeEventListener('abort', leave);
        this.#watching.delete(watching);
        resolve(reply);
      };
      const leave = (): void => give({ lost: [], standing });
      const watching: Watching = { worker, tasks, standing, give };
      const timer = setTimeout(leave, waitSeconds * 1000);
      gone.addEventListener('abort', leave);
      this.#watching.add(watching);
      void this.#fresh.ask(watching).catch(notNow);
    });
  }

  #look(): void {
    this.#again = true;
    if (this.#looking || this.#watching.size === 0) return;
    this.#looking = true;
    void this.#lookUntilStill()
      .catch(notNow)
      .finally(() => {
        this.#looking = false;
      });
  }

  async #lookUntilStill(): Promise<void> {
    while (this.#again && this.#watching.size > 0) {
      this.#again = false;
      await this.#lookAt([...this.#watching]);
    }
  }

  async #lookAt(watching: readonly Watching[]): Promise<void> {
    const held = watching.flatMap(({ worker, tasks }) => tasks.map((one) => ({ worker, ...one })));
    const names = [...new Set(watching.map((one) => one.worker))];
    const { gone, standings } = await lookOver(this.#ledger.read, held, names);
    const byTask = Map.groupBy(gone, (one) => one.task);
    for (const one of watching) {
      const lost = one.tasks.flatMap(({ task, attempt }) => {
        const all = byTask.get(task) ?? [];
        const now = all.find((each) => each.worker === one.worker && each.asked === attempt);
        return now === undefined ? [] : [{ task, why: whyGone(task, now) }];
      });
      const standing = (standings.get(one.worker) ?? one.standing) as WatchReply['standing'];
      if (lost.length > 0 || standing !== one.standing) one.give({ lost, standing });
    }
  }
}

function notNow(error: unknown): void {
  log('debug', 'watches could not be looked after now', { error: String(error) });
}

function whyGone(
  task: number,
  now: { state: string | null; attempt: number; holder: string | null },
): string {
  if (now.state === null) return `there is no task ${task}`;
  if (now.state !== 'leased') return `task ${task} is ${now.state}`;
  return `task ${task} is at attempt ${now.attempt} now, with ${now.holder ?? 'nobody'}`;
}

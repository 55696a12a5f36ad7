/**
 * Asks that come while one is under way, and then go together: at rest an ask costs what it costs alone, under load
 * many of them cost little more than one.
 *
 * Invariant: an ask is answered by a run that began after it came. A run of many that fails is repeated for each alone,
 * all at once, so nobody has the failure of somebody else's ask, nor waits for it.
 */
export class Together<Ask, Answer> {
  readonly #run: (asks: readonly Ask[]) => Promise<readonly Answer[]>;
  #waiting: Waiting<Ask, Answer>[] = [];
  #running = false;

  /** @param run gives an answer for each ask, in their order */
  constructor(run: (asks: readonly Ask[]) => Promise<readonly Answer[]>) {
    this.#run = run;
  }

  ask(ask: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ask, resolve, reject });
      if (!this.#running) void this.#go();
    });
  }

  async #go(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const now = this.#waiting;
      this.#waiting = [];
      await this.#answer(now);
    }
    this.#running = false;
  }

  async #answer(asked: readonly Waiting<Ask, Answer>[]): Promise<void> {
    try {
      const answers = await this.#run(asked.map((one) => one.ask));
      for (const [n, one] of asked.entries()) one.resolve(answers[n] as Answer);
    } catch (error) {
      if (asked.length === 1) asked[0]?.reject(error);
      else await Promise.all(asked.map((one) => this.#answer([one])));
    }
  }
}

interface Waiting<Ask, Answer> {
  ask: Ask;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

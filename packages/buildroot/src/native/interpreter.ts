/**
 * A Python program that takes one request and gives one answer, with a loaded one waiting for the next request:
 * loading dnf takes as long as resolving.
 *
 * Invariant: a request is answered by a program that was given that request alone. One that has waited for long, that was
 * started in another environment or that has ended is not given any; should it end as it is being asked, another is.
 */
import { type RunResult, run } from '../exec.ts';

/** What was loaded may have been replaced on this machine since. */
const greatestAgeMs = 15 * 60_000;
const timeoutMs = 10 * 60_000;
const maxOutput = 64 << 20;

interface Spare {
  env: NodeJS.ProcessEnv;
  give: (request: string) => void;
  end: AbortController;
  result: Promise<RunResult>;
  tooOld: NodeJS.Timeout;
}

export class Interpreter {
  readonly #script: string;
  readonly #home: string;
  #spare: Spare | undefined;

  /** @param script its path @param home which the program takes for its user's */
  constructor(script: string, home: string) {
    this.#script = script;
    this.#home = home;
  }

  /** Loads one that waits, if none does. */
  ready(): void {
    if (this.#spare !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<string>();
    const env = this.#env();
    const end = new AbortController();
    const result = this.#run(promise, env, end.signal);
    const tooOld = setTimeout(() => this.#drop(spare), greatestAgeMs).unref();
    const spare = { env, give: resolve, end, result, tooOld };
    this.#spare = spare;
    // One that cannot be started or that somebody has ended is told of by the next, which is started when it is asked.
    result.then(
      () => this.#forget(spare),
      () => this.#forget(spare),
    );
  }

  async ask(request: string, signal: AbortSignal): Promise<RunResult> {
    const spare = this.#spare;
    if (spare !== undefined) {
      this.#forget(spare);
      const end = (): void => spare.end.abort();
      if (JSON.stringify(spare.env) !== JSON.stringify(this.#env())) end();
      else {
        signal.addEventListener('abort', end, { once: true });
        if (signal.aborted) end();
        spare.give(request);
        const result = await spare.result.catch(() => undefined);
        signal.removeEventListener('abort', end);
        if (result?.code === 0 || result?.ended !== undefined) return result;
      }
    }
    return await this.#run(request, this.#env(), signal);
  }

  #forget(spare: Spare): void {
    clearTimeout(spare.tooOld);
    if (this.#spare === spare) this.#spare = undefined;
  }

  #drop(spare: Spare): void {
    this.#forget(spare);
    spare.end.abort();
  }

  #run(stdin: string | Promise<string>, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<RunResult> {
    return run('/usr/bin/python3', ['-I', this.#script], { signal, timeoutMs, stdin, maxOutput, env });
  }

  #env(): NodeJS.ProcessEnv {
    return { PATH: '/usr/bin:/usr/sbin', LANG: 'C.UTF-8', HOME: this.#home, ...proxies() };
  }
}

/** A site that reaches its repositories by a proxy says so in the environment; nothing else of it is passed on. */
function proxies(): NodeJS.ProcessEnv {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTPS_PROXY', 'NO_PROXY'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

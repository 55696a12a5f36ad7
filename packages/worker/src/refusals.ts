/**
 * When an attempt is given back instead of failing: it could not even begin, for a reason of this machine's.
 *
 * Invariant: no code of the package has run, and this worker gives the same task back a few times at most; then it is
 * told as a failure, which uses up an attempt, so no task goes round for ever, whatever the hub makes of refusals.
 */
import { BuildFailure } from '@moromi/buildroot';
import { readBuildState } from './build-state.ts';
import type { DriverCheck } from './checks/driver.ts';
import { isDiskFull } from './failure.ts';
import { type Refusal, Unable } from './refusal.ts';

const mostTimes = 3;
/** As many tasks are remembered. */
const mostTasks = 1000;

export class Refusals {
  readonly #driver: DriverCheck | undefined;
  readonly #times = new Map<number, number>();

  constructor(driver: DriverCheck | undefined) {
    this.#driver = driver;
  }

  /**
   * What to say when giving a task back whose attempt ended with this error; undefined where that is a failure.
   * @param arch of the root, null where the task has none
   */
  async of(error: unknown, task: number, arch: string | null, logDir: string): Promise<Refusal | undefined> {
    const refusal = await this.#reason(error, arch, logDir);
    if (refusal === undefined) return undefined;
    const times = (this.#times.get(task) ?? 0) + 1;
    this.#times.delete(task);
    this.#times.set(task, times);
    const [oldest] = this.#times.keys();
    if (this.#times.size > mostTasks && oldest !== undefined) this.#times.delete(oldest);
    return times > mostTimes ? undefined : refusal;
  }

  async #reason(error: unknown, arch: string | null, logDir: string): Promise<Refusal | undefined> {
    if (error instanceof Unable) return error.refusal;
    const full = isDiskFull(error);
    const rootless =
      error instanceof BuildFailure && (error.code === 'root_failed' || error.code === 'config_failed');
    if ((!full && !rootless) || arch === null || (await readBuildState(logDir)).begun) return undefined;
    if (full) return { hard: false, reason: 'has no room on its disk to begin with it' };
    // A root fails for want of a package or of the driver; only the driver can say which.
    return await this.#driver?.askWhyNot(arch);
  }
}

/**
 * How a worker is told to leave.
 *
 * Invariant: the first signal of the process means leave, the second means now; nothing is left installed afterwards.
 */

export interface WorkerSignals {
  /** Takes no more, finishes what is begun. */
  leave?: AbortSignal;
  /** Ends what is begun and gives it back. */
  now?: AbortSignal;
}

const names = ['SIGTERM', 'SIGINT'] as const;

export function watchSignals(
  given: WorkerSignals | undefined,
  told: (which: 'leave' | 'now') => void,
): Required<WorkerSignals> & Disposable {
  const leave = new AbortController();
  const now = new AbortController();
  leave.signal.addEventListener('abort', () => told('leave'), { once: true });
  now.signal.addEventListener('abort', () => told('now'), { once: true });
  const hear = () => {
    if (leave.signal.aborted) now.abort();
    else leave.abort();
  };
  if (given === undefined) {
    for (const name of names) process.on(name, hear);
  } else {
    follow(given.leave, leave);
    follow(given.now, now);
  }
  return {
    leave: leave.signal,
    now: now.signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, hear);
    },
  };
}

function follow(signal: AbortSignal | undefined, controller: AbortController): void {
  if (signal?.aborted === true) controller.abort(signal.reason);
  else signal?.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
}

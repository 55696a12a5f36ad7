/** A thread that does jobs for the press, one after the other. */
import { parentPort } from 'node:worker_threads';
import { between } from '@moromi/faults';
import { doJob, type Job } from './jobs.ts';

const port = parentPort;
if (port === null) throw new Error('this is a thread of the hub');
port.on('message', ({ job }: { job: Job }) => {
  between(`press.hand.${job.what}`, () => doJob(job)).then(
    (result) => port.postMessage({ result }),
    (error: unknown) => port.postMessage({ error: told(error) }),
  );
});

/** An error's code would be lost on its way between threads. */
function told(error: unknown): { message: string; code: string | null } {
  const message = error instanceof Error ? error.message : String(error);
  return { message, code: error instanceof Error && 'code' in error ? String(error.code) : null };
}

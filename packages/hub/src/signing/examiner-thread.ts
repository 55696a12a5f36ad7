/** The thread of `examiner.ts`. It has the store and no ledger. */
import { parentPort, workerData } from 'node:worker_threads';
import { point } from '@moromi/faults';
import { type PublicKey, readPublicKey } from '@moromi/signing';
import { FolderStore } from '../blobs/index.ts';
import { examine } from './examine.ts';
import { examineFile } from './examine-file.ts';
import type { Answer, Job } from './examiner.ts';

const port = parentPort;
if (port === null) throw new Error('this is a thread of the hub');
const store = FolderStore.beside((workerData as { blobs: string }).blobs);
const keys = new Map<string, Promise<PublicKey>>();

async function answerTo({ armor, at, packages, files }: Job): Promise<Answer> {
  const reading = keys.get(armor) ?? readPublicKey(armor);
  keys.set(armor, reading);
  const key = await reading;
  const answer: Answer = { packages: [], files: [] };
  for (const one of packages) answer.packages.push(await examine(store, one, key, at));
  for (const one of files) answer.files.push(await examineFile(store, one, key, at));
  point('signing.examined');
  return answer;
}

port.on('message', ({ id, job }: { id: number; job: Job }) => {
  answerTo(job).then(
    (answer) => port.postMessage({ id, answer }),
    (error: unknown) =>
      port.postMessage({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});

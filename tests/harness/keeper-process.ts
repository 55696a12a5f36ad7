/** The process of `keeper.ts`: reads `+FOLDER` and `-FOLDER` lines, and sweeps what is left when its input ends. */
import { createInterface } from 'node:readline';
import { sweep } from './sweep.ts';

const folders = new Set<string>();
for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith('+')) folders.add(line.slice(1));
  else folders.delete(line.slice(1));
}
for (const folder of folders) {
  await sweep(folder).catch((error: unknown) => console.error(String(error)));
}

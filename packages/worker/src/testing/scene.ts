/** What most of the worker's tests need: a hub, a folder that goes away, a journal that can be read. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from '../journal.ts';
import { Line } from '../line.ts';
import { TestHub } from './hub.ts';

export interface Scene extends AsyncDisposable {
  hub: TestHub;
  dir: string;
  line: Line;
  journal: Journal;
  said: string[];
}

export async function scene(): Promise<Scene> {
  const hub = await TestHub.listen();
  const dir = await mkdtemp(join(tmpdir(), 'moromi-worker-'));
  const said: string[] = [];
  const journal = new Journal('debug', (text) => void said.push(text));
  const line = new Line({ hub: hub.url, token: 'secret', journal });
  return {
    hub,
    dir,
    line,
    journal,
    said,
    [Symbol.asyncDispose]: async () => {
      await hub[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Waits until something is so; the test's own time limit is the only one. */
export async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((done) => setTimeout(done, 5));
}

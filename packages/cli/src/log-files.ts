/**
 * Logs into files: `TASK-KIND[-ARCH]/NAME`, an earlier attempt's under `attempt-N/`.
 *
 * Invariant: a log of a finished task appears under its name only when all of it is there; what a cut left is gone on
 * with.
 */
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { safeName } from './download.ts';
import { bytes } from './figures.ts';
import { readLog } from './logs.ts';
import type { Session } from './session.ts';

export interface SavedLog {
  task: number;
  attempt: number;
  path: string;
  size: number;
}

export async function saveLogs(session: Session, tasks: number[], folder: string): Promise<SavedLog[]> {
  const { client, signal, screen } = session;
  const saved: SavedLog[] = [];
  for (const id of tasks) {
    const task = await client.call('getTask', { params: { id } }, { signal });
    const { items } = await client.call('listLogs', { params: { id } }, { signal });
    const own = [String(id), task.kind, ...(task.arch === null ? [] : [task.arch])].join('-');
    for (const log of items) {
      const earlier = log.attempt < task.attempt ? [`attempt-${log.attempt}`] : [];
      const path = join(folder, safeName(own), ...earlier, safeName(log.name));
      const size = await saveLog(session, { task: id, attempt: log.attempt, name: log.name }, path);
      saved.push({ task: id, attempt: log.attempt, path, size });
      if (!screen.json) screen.line(`${path}  ${bytes(size)}`);
    }
  }
  return saved;
}

async function saveLog(
  session: Session,
  log: { task: number; attempt: number; name: string },
  path: string,
): Promise<number> {
  const aside = join(dirname(path), `.${log.name}.${log.task}-${log.attempt}.part`);
  await mkdir(dirname(path), { recursive: true });
  let size = (await stat(aside).catch(() => undefined))?.size ?? 0;
  await using file = await open(aside, 'a');
  for await (const piece of readLog(session.client, log, {
    offset: size,
    follow: false,
    signal: session.signal,
  })) {
    await file.write(piece);
    size += piece.length;
  }
  await file.sync();
  await rename(aside, path);
  return size;
}

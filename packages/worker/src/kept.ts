/**
 * Which roots of failed builds this worker keeps, by task.
 *
 * Invariant: a file `kept/<task>-<attempt>.json` names the folder of a root that the driver keeps; it goes soon after
 * that folder, whose time the driver itself knows.
 */
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptRoot } from '@moromi/buildroot';
import { attemptName, type Held } from './running.ts';
import { removeWhole, writeWhole } from './whole-file.ts';

interface Kept extends Held {
  dir: string;
  label: string;
  /** RFC 3339. */
  until: string;
}

/** @param seconds for how long the order wants a root kept */
export function keepUntil(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}

export async function noteKept(folder: string, held: Held, label: string, root: KeptRoot): Promise<void> {
  const kept: Kept = { ...held, dir: root.dir, label, until: root.until.toISOString() };
  await writeWhole(join(folder, `${attemptName(held)}.json`), `${JSON.stringify(kept)}\n`, 'kept');
}

/** Those whose root is still there, by task and attempt. */
export async function listKept(folder: string): Promise<Kept[]> {
  const found: Kept[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!/^[0-9]+-[0-9]+\.json$/.test(name)) continue;
    const text = await readFile(join(folder, name), 'utf8');
    const kept = JSON.parse(text) as Kept;
    if (await exists(kept.dir)) found.push(kept);
  }
  return found.sort((a, b) => a.task - b.task || a.attempt - b.attempt);
}

/** Forgets the roots that the driver has removed. */
export async function forgetGone(folder: string): Promise<void> {
  const there = new Set((await listKept(folder)).map((kept) => `${attemptName(kept)}.json`));
  for (const name of await readdir(folder)) {
    if (!there.has(name)) await removeWhole(join(folder, name), 'kept');
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

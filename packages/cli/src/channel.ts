/**
 * Putting a worker into a channel and out of it.
 *
 * Invariant: a worker is always in one channel at least; who wants it to have nothing disables it.
 */
import type { WorkerInfo } from '@moromi/contract';
import type { Session } from './session.ts';
import { usage } from './trouble.ts';

/** @returns the worker as it is then; nothing is sent where it is in the channel already */
export async function join(session: Session, name: string, channel: string): Promise<WorkerInfo> {
  const worker = await session.client.call('getWorker', { params: { name } }, { signal: session.signal });
  if (worker.channels.includes(channel)) return worker;
  return await set(session, name, [...worker.channels, channel]);
}

export async function leave(session: Session, name: string, channel: string): Promise<WorkerInfo> {
  const { channels } = await session.client.call(
    'getWorker',
    { params: { name } },
    { signal: session.signal },
  );
  const left = channels.filter((one) => one !== channel);
  const see = `See \`moromi worker-info ${name}\`.`;
  if (left.length === channels.length)
    throw usage(`${name} is not in the channel ${channel}; it is in ${channels.join(', ')}`, see);
  if (left.length === 0)
    throw usage(
      `${name} is in no channel but ${channel}`,
      'Put it into another first, or disable it with `moromi disable-worker`.',
    );
  return await set(session, name, left);
}

/** One line for people, the document for programs. */
export function tellChannels({ screen }: Session, worker: WorkerInfo): void {
  if (screen.json) screen.document(worker);
  else screen.line(`${worker.name} is in ${worker.channels.join(', ')}`);
}

async function set({ client, signal }: Session, name: string, channels: string[]): Promise<WorkerInfo> {
  return await client.call('editWorker', { params: { name }, body: { channels } }, { signal });
}

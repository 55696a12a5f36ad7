/**
 * A task of the kind `sign`.
 *
 * Invariant: what is signed was fetched whole and has the hash that the order names; of what is signed only the
 * signature goes back.
 */
import { between } from '@moromi/faults';
import { Refused } from '../failure.ts';
import { Gate } from '../gate.ts';
import { isFileLabel, isFileName, isSha256 } from '../names.ts';
import { checkRoom } from '../room.ts';
import type { Done, Work } from '../tasks/work.ts';

const downloadsAtOnce = 6;

export async function sign(work: Work): Promise<Done> {
  const order = work.lease.sign;
  if (order === undefined) throw new Refused('bad_order', 'The task brings no order of what to sign.');
  const { desk, downloads, held, signal, logs } = work;
  if (desk === undefined) throw new Refused('no_keys', 'This worker has no keys to sign with.');
  const things = [...order.packages, ...order.files];
  const bad =
    things.find((one) => !isSha256(one.sha256)) ??
    order.packages.find((one) => !isFileName(one.name)) ??
    order.files.find((one) => !isFileLabel(one.name));
  if (bad !== undefined)
    throw new Refused('bad_order', `The order names no proper file: ${JSON.stringify(bad.name)}.`);
  const bytes = things.reduce((sum, one) => sum + one.size, 0);
  await checkRoom(work.home.dir, bytes);
  const gate = new Gate(downloadsAtOnce);
  await Promise.all(things.map((one) => gate.run(() => downloads.get(one, signal))));
  const started = performance.now();
  const signed = await between('worker.sign.all', () =>
    desk.sign(order, (sha256) => downloads.pathOf(sha256), held, signal),
  );
  const refused = [...signed.packages, ...signed.files].filter((one) => one.refused !== undefined);
  for (const { refused: why } of refused) logs.note(`refused: ${why?.code}: ${why?.message}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  logs.note(`signed ${things.length - refused.length} of ${things.length} by ${order.key} in ${seconds} s`);
  return { outcome: 'done', signed };
}

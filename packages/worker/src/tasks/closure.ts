/**
 * A task of the kind `closure`: what can be installed with a change and could be without it.
 *
 * Invariant: the result depends on the order and the repositories' packages alone. One architecture is in memory at a
 * time, and of it each repository once.
 */
import type { ClosureOrder } from '@moromi/contract';
import { compare } from '../closure/difference.ts';
import { Report } from '../closure/report.ts';
import { lookUpPaths, readSide } from '../closure/side.ts';
import { Stock } from '../closure/stock.ts';
import { Refused } from '../failure.ts';
import { Breath } from '../plan/breath.ts';
import { checkArches } from '../plan/order.ts';
import { seconds } from './seconds.ts';
import type { Done, Work } from './work.ts';

export async function closure(work: Work): Promise<Done> {
  const order = work.lease.closure;
  if (order === undefined) throw new Refused('bad_order', 'The task brings nothing to compare.');
  checkArches(order.arches.map(({ arch, before, after }) => ({ arch, repos: [...before, ...after] })));
  const started = performance.now();
  const report = new Report();
  for (const one of order.arches) await compareArch(work, one, report);
  const { result } = report;
  const { unmet, unmetBefore, mended } = result.counts;
  work.logs.note(
    `${unmet - unmetBefore} requirements unmet that were not before, ${unmetBefore} that were, ${mended} mended, ${result.gone.length} sonames gone, ${result.added.length} added, ${seconds(started)} s`,
  );
  return { outcome: 'done', closure: result };
}

async function compareArch(
  work: Work,
  { arch, before, after }: ClosureOrder['arches'][number],
  report: Report,
): Promise<void> {
  const { dir, signal } = work;
  const note = (sentence: string) => work.logs.note(`${arch}: ${sentence}`);
  const breath = new Breath(signal);
  const stock = new Stock({ dir, signal, breath, note });
  const without = await readSide(before, stock, breath);
  const having = await readSide(after, stock, breath);
  await lookUpPaths([without, having], stock);
  const started = performance.now();
  await compare({ arch, before: without.packages, after: having.packages }, report, breath);
  note(
    `${without.packages.size} packages without the change, ${having.packages.size} with it, compared in ${seconds(started)} s`,
  );
}

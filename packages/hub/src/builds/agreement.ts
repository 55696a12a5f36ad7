/**
 * Noarch packages that several architectures of a build make.
 *
 * Invariant: such a package counts once, as the first of them made it, and only if all that made it agree.
 */
import { disagreements } from '@moromi/rpm';
import type { BlobStore } from '../blobs/index.ts';
import type { Reader } from '../ledger/index.ts';
import { Refusal, type TaskFacts } from '../tasks/index.ts';
import { openPackage } from './package-file.ts';
import { type RpmRow, rpmsOfBuild } from './queries.ts';

/** What of a package is shown where it differs; the log of the task has no more, so this must do. */
const shownLines = 20;

/**
 * Holds the noarch packages of a task to those that other tasks of its build have brought.
 * @returns the NEVRAs that are there already and agree
 */
export async function agreeWithOthers(
  reader: Reader,
  store: BlobStore,
  task: TaskFacts,
  rpms: readonly RpmRow[],
): Promise<Set<string>> {
  const agreed = new Set<string>();
  const mine = rpms.filter((rpm) => rpm.arch === 'noarch');
  if (task.build === null || mine.length === 0) return agreed;
  const there = await rpmsOfBuild(reader, task.build);
  for (const rpm of mine) {
    const other = there.find((one) => one.nevra === rpm.nevra && one.task !== task.id);
    if (other === undefined) continue;
    if (other.sha256 !== rpm.sha256) {
      const [first, second] = await Promise.all([
        openPackage(store, other.sha256),
        openPackage(store, rpm.sha256),
      ]);
      const lines = disagreements(first.headers, second.headers, shownLines);
      if (lines.length > 0)
        throw new Refusal(
          'noarch_differs',
          `${rpm.nevra} is not the same from task ${other.task} and from ${task.arch}: ${lines.join('; ')}`.slice(
            0,
            4000,
          ),
        );
    }
    agreed.add(rpm.nevra);
  }
  return agreed;
}

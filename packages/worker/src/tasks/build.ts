/**
 * A task of the kind `build`: binary packages for one architecture, with the source package that was rebuilt in the
 * same root, which their SOURCERPM names.
 */
import { SameRoot } from '@moromi/buildroot';
import { Refused } from '../failure.ts';
import { checkResultName, listed, openRoot, runStep, usedBy } from './root.ts';
import type { Done, Work } from './work.ts';

/** The contract's bound on what a result may bring. */
const mostPackages = 5000;

export async function makeBinaries(work: Work): Promise<Done> {
  const { root, srpm } = await openRoot(work);
  const result = await runStep(work, (signal) => root.buildBinary(srpm, signal)).catch(unlessSame);
  if (result === undefined) {
    work.logs.note('the root comes out as it did for the build that is there: nothing is built');
    return { outcome: 'done', identical: true };
  }
  if (result.rpms.length > mostPackages) {
    throw new Refused(
      'bad_result',
      `The build made ${result.rpms.length} packages; at most ${mostPackages} are taken.`,
    );
  }
  for (const path of result.rpms) checkResultName(path);
  work.logs.note(`uploading the source package and ${result.rpms.length} packages`);
  const paths = [result.srpm, ...result.rpms];
  const [[sent, ...rpms], used] = await Promise.all([
    work.uploads.sendAll(work.home.dir, paths, work.held, work.signal),
    usedBy(root, work),
  ]);
  if (sent === undefined) throw new Refused('bad_result', 'The build left no source package.');
  return { outcome: 'done', used, packages: { srpm: sent, rpms, installed: listed(result.installed) } };
}

function unlessSame(error: unknown): undefined {
  if (!(error instanceof SameRoot)) throw error;
}

/**
 * A task of the kind `build`: binary packages for one architecture, with the source package that was rebuilt in the
 * same root, which their SOURCERPM names.
 */
import { Refused } from '../failure.ts';
import { checkResultName, listed, openRoot, runStep } from './root.ts';
import type { Done, Work } from './work.ts';

/** The contract's bound on what a result may bring. */
const mostPackages = 5000;

export async function makeBinaries(work: Work): Promise<Done> {
  const { root, srpm } = await openRoot(work);
  const result = await runStep(work, (signal) => root.buildBinary(srpm, signal));
  if (result.rpms.length > mostPackages) {
    throw new Refused(
      'bad_result',
      `The build made ${result.rpms.length} packages; at most ${mostPackages} are taken.`,
    );
  }
  for (const path of result.rpms) checkResultName(path);
  work.logs.note(`uploading the source package and ${result.rpms.length} packages`);
  const paths = [result.srpm, ...result.rpms];
  const [sent, ...rpms] = await work.uploads.sendAll(work.home.dir, paths, work.held, work.signal);
  if (sent === undefined) throw new Refused('bad_result', 'The build left no source package.');
  return { outcome: 'done', packages: { srpm: sent, rpms, installed: listed(result.installed) } };
}

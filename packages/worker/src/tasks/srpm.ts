/**
 * A task of the kind `srpm`: rebuilds the source package so that its name, version and release are the target's, the
 * release raised before where the order says so.
 */
import { raising } from './raise.ts';
import { checkResultName, listed, openRoot, runStep, usedBy } from './root.ts';
import type { Done, Work } from './work.ts';

export async function makeSource(work: Work): Promise<Done> {
  const bump = work.lease.source?.bump;
  const edit = bump === undefined ? undefined : raising(bump, (sentence) => work.logs.note(sentence));
  const { root, srpm } = await openRoot(work);
  const result = await runStep(work, (signal) => root.buildSource(srpm, signal, edit));
  work.logs.note(`uploading ${checkResultName(result.srpm)}`);
  const [sent, used] = await Promise.all([
    work.uploads.send(work.home.dir, result.srpm, work.held, work.signal),
    usedBy(root, work),
  ]);
  return { outcome: 'done', used, packages: { srpm: sent, rpms: [], installed: listed(result.installed) } };
}

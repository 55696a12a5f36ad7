/** A task of the kind `srpm`: rebuilds the source package so that its name, version and release are the target's. */
import { checkResultName, listed, openRoot } from './root.ts';
import type { Done, Work } from './work.ts';

export async function makeSource(work: Work): Promise<Done> {
  const { root, srpm } = await openRoot(work);
  const result = await root.buildSource(srpm, work.signal);
  work.logs.note(`uploading ${checkResultName(result.srpm)}`);
  const sent = await work.uploads.send(work.home.dir, result.srpm, work.held, work.signal);
  return { outcome: 'done', packages: { srpm: sent, rpms: [], installed: listed(result.installed) } };
}

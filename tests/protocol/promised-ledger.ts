/**
 * A ledger with something of all that promises speak of, as a hub makes it.
 *
 * Invariant: nothing changes in it once it is made, and it keeps every promise.
 */
import { join } from 'node:path';
import type { Access } from '../../packages/hub/src/testing/ledger.ts';
import { rpmbuild } from '../../packages/hub/src/testing/samples.ts';
import { HandSigner, makeKeys } from '../../packages/hub/src/testing/signer.ts';
import { nothing, setStage } from '../../packages/hub/src/testing/stage.ts';
import { checkPromises } from '../harness/promises.ts';

/**
 * @param access to a fresh database
 * @param folder for what is built
 */
export async function makeLedger(access: Access, folder: string): Promise<void> {
  const [alpha, { one }] = await Promise.all([
    rpmbuild(folder, { name: 'alpha', arches: ['x86_64', 'i686'] }),
    makeKeys({ one: {} }),
  ]);
  await using stage = await setStage({ access });
  await stage.call('addKey', { body: { name: 'one', armor: one.armor } });
  await stage.call('setTagKey', { params: { name: 'f1' }, body: { key: 'one' } });
  const signer = await HandSigner.enrol(stage, 'signer', one);
  const publish = () => stage.worker.work(nothing, { kinds: ['publish'] });

  await stage.submit(alpha.srpm);
  const lease = await stage.worker.take({ kinds: ['srpm'] });
  await stage.worker.log(lease, 'build.log', 0, 'one');
  await stage.worker.log(lease, 'build.log', 3, 'two', true);
  await stage.worker.finish(lease, await stage.worker.make(lease, alpha));
  for (let n = 0; n < 2; n++) await stage.worker.work(alpha, { kinds: ['build'] });
  await publish();
  await signer.work();

  // Its first two revisions are sealed, the third one waits, and a fourth one is to be made.
  const definition = { arches: ['x86_64'], keys: ['one'], repoKey: 'one', debug: false, automatic: false };
  await stage.call('createDist', {
    body: { name: 'prod', tag: 'f1', definition: { ...definition, filelistsExt: true } },
  });
  for (let seals = 4; seals >= 0; seals -= 2) {
    await publish();
    for (let n = 0; n < Math.min(seals, 2); n++) await signer.work();
    await stage.call('requestDist', { params: { name: 'prod' } });
  }

  // A second build goes on, so that there is a lease too.
  await stage.submit(alpha.srpm, { scratch: true });
  await stage.worker.take({ kinds: ['srpm'] });
  await stage.call('createPlatform', { body: { name: 'el9', dist: '.el9', arches: ['x86_64'] } });
  await checkPromises(access, join(stage.home, 'blobs'));
}

/** Builds that a builder by hand brings: real packages of rpmbuild, through the same requests as a worker's. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { call } from '../packages/hub/src/testing/call.ts';
import { type Recipe, rpmbuild } from '../packages/hub/src/testing/samples.ts';
import { uploadFile } from '../packages/hub/src/testing/stage.ts';
import { enrol, type HandWorker } from '../packages/hub/src/testing/worker.ts';
import { shown } from './stocked.ts';
import type { World } from './world.ts';

export async function handWorker(world: World): Promise<HandWorker> {
  const place = { url: world.hub, hub: { enrolToken: world.enrolToken } };
  return await enrol(place, 'by-hand', ['x86_64']);
}

/**
 * Brings a package `NAME-1-1` of no files, unless the recipe says more.
 * @returns seconds from its result until the repository of the target's tag, which is called as the target is, shows it
 */
export async function bring(
  world: World,
  worker: HandWorker,
  target: string,
  name: string,
  more: Partial<Recipe> = {},
): Promise<number> {
  const token = (await readFile(join(world.home, 'hub', 'admin.token'), 'utf8')).trim();
  const built = await rpmbuild(world.home, { name, ...more });
  await uploadFile({ call: (route, request) => call(world.hub, token, route, request) }, built.srpm);
  const source = { sha256: built.srpm.sha256, name: built.srpm.name };
  await world.client.call('createBuild', { body: { target, source } });
  const next = async () => {
    const lease = await worker.take({ kinds: ['srpm', 'build'], waitSeconds: 25 });
    await worker.beat(lease);
    return { lease, result: await worker.make(lease, built) };
  };
  const first = await next();
  await worker.finish(first.lease, first.result);
  const { lease, result } = await next();
  const at = performance.now();
  const said = await worker.finish(lease, result);
  if (!said.accepted) throw new Error(`refused: ${said.refusal}`);
  await shown(world, target, [`${name}-1-1`]);
  return (performance.now() - at) / 1000;
}

/** Rebuilds that skip what would come out as it is, over the real API; the test is the builder that compares. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchDetail, BuildOptions, Completion, InstalledPackage, Lease } from '@moromi/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../testing/hub.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { nothing, type Stage, stageForEach, uploadFile } from '../testing/stage.ts';

let folder: string;
let stage: Stage;
/** By name and release. */
const built = new Map<string, Built>();
const arches = ['x86_64', 'i686'];
const names = ['alpha', 'beta', 'gamma', 'only'];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-identical-'));
  for (const name of names)
    for (const release of ['1', '1.f1.2', ...(name === 'beta' ? ['1.f1.3'] : [])])
      built.set(
        `${name}-1-${release}`,
        await rpmbuild(folder, {
          name,
          release,
          arches: name === 'only' ? ['x86_64'] : arches,
          preamble: name === 'only' ? ['ExclusiveArch: x86_64'] : [],
          noarch: name === 'beta' ? { html: [] } : {},
        }),
      );
});
afterAll(() => rm(folder, { recursive: true }));
stageForEach(async (fresh) => {
  stage = fresh;
  await edit({ arches: ['x86_64'], macros: { dist: '.f1' } });
  while ((await stage.call('stats')).items.length > 0) await stage.worker.work(nothing);
  for (const name of names) await uploadFile(stage, sample(name).srpm);
  roots.clear();
});

function sample(name: string, release = '1'): Built {
  const found = built.get(`${name}-1-${release}`);
  if (found === undefined) throw new Error(`there is no ${name}-1-${release}`);
  return found;
}
const edit = (settings: Record<string, unknown>) =>
  stage.call('editTag', { params: { name: 'f1' }, body: { settings } });
const batchOf = (id: number): Promise<BatchDetail> => stage.call('getBatch', { params: { id } });
const tagged = async () =>
  (await stage.call('listTagged', { params: { name: 'f1' }, query: {} })).items.map((one) => one.nvr);

/** What stands in the roots beside bash, by name of the package and architecture. */
const roots = new Map<string, string>();
function rootOf(lease: Lease): InstalledPackage[] {
  const also = roots.get(`${nameOf(lease)} ${lease.arch}`);
  return ['bash-5-1.x86_64', ...(also === undefined ? [] : [also])].map((nevra) => ({
    nevra,
    sha256: createHash('sha256').update(nevra).digest('hex'),
    repo: 'base',
  }));
}
const nameOf = (lease: Lease): string => names.find((name) => lease.label.startsWith(name)) ?? '';

/** What a builder answers that compares as it is told to. */
async function answer(lease: Lease): Promise<Completion> {
  if (lease.kind === 'publish') return await stage.worker.make(lease, nothing);
  const installed = rootOf(lease);
  const lines = installed.map((one) => `${one.nevra} ${one.sha256}\n`).toSorted();
  const hash = createHash('sha256').update(lines.join('')).digest('hex');
  if (lease.source?.root.unless === hash) return { outcome: 'done', identical: true };
  const dist = lease.source?.root.macros['dist'] ?? '';
  const made = await stage.worker.make(lease, sample(nameOf(lease), dist === '.f1' ? '1' : `1${dist}`));
  if (made.outcome !== 'done' || made.packages === undefined) return made;
  return { ...made, packages: { ...made.packages, installed } };
}

/** Does a task. @returns what was done, where it was a build */
async function work(asked: { arches?: string[] } = {}): Promise<string[]> {
  const lease = await stage.worker.take({ kinds: ['srpm', 'build', 'publish'], ...asked });
  await stage.worker.beat(lease);
  const said = await answer(lease);
  const { accepted, refusal } = await stage.worker.finish(lease, said);
  if (!accepted) throw new Error(`refused: ${refusal}`);
  if (lease.kind !== 'build' || said.outcome !== 'done') return [];
  return [`${lease.label} ${lease.arch}${said.identical === true ? ' skipped' : ''}`];
}

async function workAll(): Promise<string[]> {
  const done: string[] = [];
  while ((await stage.call('stats')).items.length > 0) done.push(...(await work()));
  return done;
}

async function buildAll(...some: string[]): Promise<void> {
  for (const name of some) await stage.submit(sample(name).srpm);
  await workAll();
}

const again = (name: string, options: BuildOptions = {}) =>
  stage.submit(sample(name).srpm, { dist: '.f1.2', skipIdentical: true, ...options });

/** Makes the source package of a build and takes the tasks that follow. @returns them by architecture */
async function leasesOf(wanted = arches): Promise<Map<string | null, Lease>> {
  await work();
  const found = new Map<string | null, Lease>();
  for (const [slot, arch] of wanted.entries()) {
    const lease = await stage.worker.claim({ slot, arches: [arch], waitSeconds: 1 });
    if (lease !== null) found.set(lease.arch, lease);
  }
  return found;
}
const leaseOf = (leases: Map<string | null, Lease>, arch: string): Lease => {
  const found = leases.get(arch);
  if (found === undefined) throw new Error(`there is no task for ${arch}`);
  return found;
};
const finish = async (lease: Lease) => await stage.worker.finish(lease, await answer(lease));

test.each(['hold', 'go-on'])('of a rebuild (%s) only what has another root is built', async (onFailure) => {
  await buildAll('alpha', 'beta', 'gamma');
  const before = await query<{ runs: number[] }>(
    stage.access,
    `SELECT runs FROM durations WHERE package = 'gamma' AND kind = 'build'`,
  );
  roots.set('alpha x86_64', 'new-2-1.x86_64');
  const bump = { how: 'dist', suffix: '.2' };
  const batch = await stage.call('createRebuild', {
    body: { target: 'f1', tag: 'f1', bump, skipIdentical: true, onFailure },
  });
  const lease = await stage.worker.take({ kinds: ['plan'] });
  const needs = (one: number, other: number) => ({
    package: one,
    needs: other,
    requirement: 'r',
    guessed: false,
  });
  // alpha needs gamma, and beta needs alpha.
  const planned = { needs: [needs(0, 2), needs(1, 0)], missing: [] };
  await stage.worker.finish(lease, { outcome: 'done', planned });
  const done: string[] = [];
  while ((await batchOf(batch.id)).state === 'running') done.push(...(await work()));
  expect(done).toEqual([
    'gamma-1-1.f1.2 x86_64 skipped',
    'alpha-1-1.f1.2 x86_64',
    'beta-1-1.f1.2 x86_64 skipped',
  ]);
  const { state, counts, items } = await batchOf(batch.id);
  expect({ state, counts }).toEqual({ state: 'done', counts: { done: 1, skipped: 2 } });
  const [, , gamma] = items;
  expect(gamma).toMatchObject({ label: 'gamma', state: 'skipped', failure: { code: 'identical' } });
  expect(gamma?.failure?.message).toMatch(
    /^its roots come out as those of build \d+ \(gamma-1-1\): nothing would change$/,
  );
  expect(await stage.build(gamma?.build ?? 0)).toMatchObject({
    state: 'canceled',
    failure: { code: 'identical', fault: 'canceled' },
    tags: [],
  });
  expect(await tagged()).toEqual(['alpha-1-1', 'alpha-1-1.f1.2', 'beta-1-1', 'gamma-1-1']);
  // How long gamma takes is known from the build that was made.
  const after = await query<{ runs: number[] }>(
    stage.access,
    `SELECT runs FROM durations WHERE package = 'gamma' AND kind = 'build'`,
  );
  expect(after).toEqual(before);
  await workAll();
});

test('what was skipped is built where it is submitted once more', async () => {
  await buildAll('gamma');
  const { id } = await again('gamma');
  await workAll();
  expect((await stage.build(id)).failure?.code).toBe('identical');
  const anew = await stage.call('resubmitBuild', { params: { id }, body: { failed: true } });
  expect(anew.id).not.toBe(id);
  await workAll();
  expect((await stage.build(anew.id)).state).toBe('complete');
});

test.each([
  ['identical', 'the other'],
  ['the other', 'identical'],
])('where one architecture is to be built, both are: %s first', async (first) => {
  await edit({ arches });
  await buildAll('beta');
  roots.set('beta i686', 'new-2-1.i686');
  const { id, task } = await again('beta');
  const leases = await leasesOf();
  const [x86, i686] = [leaseOf(leases, 'x86_64'), leaseOf(leases, 'i686')];
  for (const lease of first === 'identical' ? [x86, i686] : [i686, x86])
    expect((await finish(lease)).accepted).toBe(true);
  expect((await stage.build(id)).state).toBe('building');
  // A result that counts for nothing is not taken again.
  await expect(finish(x86)).rejects.toMatchObject({ problem: { code: 'lease_lost' } });
  const anew = await stage.worker.take({ kinds: ['build'] });
  expect(anew).toMatchObject({ task: x86.task, attempt: 2, arch: 'x86_64' });
  expect(anew.source?.root.unless).toBeUndefined();
  expect((await finish(anew)).accepted).toBe(true);
  const detail = await stage.build(id);
  expect(detail).toMatchObject({ state: 'complete', task });
  expect(detail.buildroots).toHaveLength(2);
  // The noarch package of both counts once.
  expect(detail.rpms.map((one) => one.name)).toEqual([
    'beta-1-1.f1.2.i686.rpm',
    'beta-html-1-1.f1.2.noarch.rpm',
    'beta-1-1.f1.2.x86_64.rpm',
  ]);
  await workAll();
});

test('a builder that calls identical what nobody asked it to compare is refused', async () => {
  await buildAll('gamma');
  await stage.submit(sample('gamma').srpm, { dist: '.f1.2' });
  const source = await stage.worker.take({ kinds: ['srpm'] });
  const same = { outcome: 'done', identical: true } as const;
  const said = await stage.worker.finish(source, same);
  expect(said).toMatchObject({ accepted: false, state: 'free' });
  expect(said.refusal).toContain('nobody had asked it to compare');
  await work();
  const lease = await stage.worker.take({ kinds: ['build'] });
  expect(await stage.worker.finish(lease, same)).toMatchObject({ accepted: false, state: 'free' });
  const { attempts } = await stage.call('getTask', { params: { id: lease.task } });
  expect(attempts[0]?.failure).toMatchObject({ code: 'identical_unasked', fault: 'infrastructure' });
  await workAll();
});

test('an architecture that fails is asked first, and one that is tolerated or excluded is not', async () => {
  await edit({ arches, toleratedArches: ['i686'] });
  await buildAll('alpha', 'only');
  const tolerated = await again('alpha');
  let leases = await leasesOf();
  await stage.worker.fail(leaseOf(leases, 'i686'), 'package');
  await finish(leaseOf(leases, 'x86_64'));
  expect(await stage.build(tolerated.id)).toMatchObject({
    state: 'canceled',
    failure: { code: 'identical' },
  });

  // It failed for the build that is there too: it is tried, and only if it is good now there is something new.
  const half = await stage.submit(sample('gamma').srpm);
  leases = await leasesOf();
  await stage.worker.fail(leaseOf(leases, 'i686'), 'package');
  await finish(leaseOf(leases, 'x86_64'));
  await workAll();
  expect((await stage.build(half.id)).state).toBe('complete');
  for (const isGood of [false, true]) {
    const tried = await again('gamma');
    leases = await leasesOf();
    const i686 = leaseOf(leases, 'i686');
    expect(i686.source?.root.unless).toBeUndefined();
    await finish(leaseOf(leases, 'x86_64'));
    await (isGood ? finish(i686) : stage.worker.fail(i686, 'package'));
    await workAll();
    expect((await stage.build(tried.id)).state).toBe(isGood ? 'complete' : 'canceled');
  }

  const excluded = await again('only');
  expect(await workAll()).toEqual(['only-1-1.f1.2 x86_64 skipped']);
  expect((await stage.build(excluded.id)).failure?.code).toBe('identical');

  await edit({ toleratedArches: [], failFast: true });
  const failed = await again('alpha');
  leases = await leasesOf();
  await finish(leaseOf(leases, 'x86_64'));
  await stage.worker.fail(leaseOf(leases, 'i686'), 'package');
  expect(await stage.build(failed.id)).toMatchObject({ state: 'failed', failure: { code: 'a_test' } });
  // Gone on with, it fails no more: then everything is as it was.
  await stage.call('resubmitBuild', { params: { id: failed.id }, body: { failed: true } });
  expect(await workAll()).toEqual(['alpha-1-1.f1.2 i686 skipped']);
  expect((await stage.build(failed.id)).failure?.code).toBe('identical');
});

test('nothing is compared with another source, another definition of the root, or what is not there', async () => {
  await buildAll('alpha', 'beta', 'gamma');
  const unless = async (name: string, options: BuildOptions = {}): Promise<boolean> => {
    const { id } = await again(name, options);
    const leases = await leasesOf(['x86_64']);
    await stage.call('cancelBuild', { params: { id }, body: {} });
    return leaseOf(leases, 'x86_64').source?.root.unless !== undefined;
  };
  expect(await unless('gamma')).toBe(true);
  expect(await unless('gamma', { scratch: true })).toBe(false);
  expect(await unless('gamma', { with: ['tests'] })).toBe(false);
  expect(await unless('gamma', { define: { other: '1' } })).toBe(false);
  // What the destination shows by now counts, and not what it had before.
  const anew = sample('beta', '1.f1.3').srpm;
  await stage.submit(anew, { dist: '.f1.3' });
  await workAll();
  expect(await unless('beta')).toBe(false);
  // One architecture of which nothing is known: then all are built.
  await edit({ arches });
  await workAll();
  expect(await unless('gamma')).toBe(false);
  await edit({ arches: ['x86_64'], macros: { dist: '.f1', vendor: 'Other' } });
  await workAll();
  expect(await unless('gamma')).toBe(false);
});

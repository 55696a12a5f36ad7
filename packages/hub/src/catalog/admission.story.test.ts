import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Refused } from '../testing/call.ts';
import { type Built, rpmbuild } from '../testing/samples.ts';
import { type Stage, setStage, uploadFile } from '../testing/stage.ts';

let folder: string;
let stage: Stage;
let alpha: Built;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-admission-'));
  alpha = await rpmbuild(folder, { name: 'alpha' });
  stage = await setStage();
  await uploadFile(stage, alpha.srpm);
});
afterAll(async () => {
  await stage.stop();
  await rm(folder, { recursive: true });
});

const submit = async (more: object = {}) => {
  const source = { sha256: alpha.srpm.sha256, name: alpha.srpm.name };
  try {
    const build = await stage.call('createBuild', { body: { target: 'f1', source, ...more } });
    await stage.call('cancelBuild', { params: { id: build.id }, body: {} });
    return 'done';
  } catch (error) {
    if (error instanceof Refused) return `${error.problem.code}: ${error.problem.detail}`;
    throw error;
  }
};
const named = (body: object) => ({ params: { name: 'f1' }, body });

test('a build for a locked tag is refused when it is submitted, but for a scratch build and with force', async () => {
  await stage.call('lockTag', named({ locked: true }));
  expect(await submit()).toBe('tag_locked: the tag f1 is locked');
  expect(await submit({ options: { scratch: true } })).toBe('done');
  expect(await submit({ force: true })).toBe('done');
  await stage.call('lockTag', named({ locked: false }));
  expect(await submit()).toBe('done');
});

test('a build of a package that a closed list lacks is refused when it is submitted, with what to type', async () => {
  await stage.call('editTag', named({ settings: { packageList: 'closed' } }));
  expect(await submit()).toBe('package_not_listed: alpha is not in the list of f1: moromi add-pkg f1 alpha');
  expect(await submit({ force: true })).toBe('done');
  await stage.call('addPackages', named({ packages: ['alpha'] }));
  expect(await submit()).toBe('done');
  await stage.call('blockPackages', named({ packages: ['alpha'] }));
  expect(await submit()).toBe('package_blocked: alpha is blocked in f1: moromi unblock-pkg f1 alpha');
  await stage.call('unblockPackages', named({ packages: ['alpha'] }));
});

test('an architecture that the list adds is built too, where the target has roots for it', async () => {
  await stage.call('editPackages', named({ packages: ['alpha'], extraArches: ['s390x'] }));
  expect(await submit()).toMatch(/^unknown_arch: the package list wants alpha for s390x/);
  await stage.call('editTag', named({ settings: { packageList: null, optionalArches: ['s390x'] } }));
  expect(await submit({ options: { arches: ['s390x'] } })).toBe('done');
});

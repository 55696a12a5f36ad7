/** What is refused at the door: each has its code, a sentence and what to do, and leaves nothing behind. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Problem } from '../../packages/contract/src/index.ts';
import { makeSpec, packSpec } from '../harness/specs.ts';
import { sha256Of, upload } from '../harness/submit.ts';
import { System, sample } from '../harness/system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system?.stop());

async function handIn(bytes: Uint8Array, name: string, target = 'el9'): Promise<Problem> {
  try {
    const sha256 = await upload(system.client, bytes, name);
    await system.client.call('createBuild', { body: { target, source: { sha256, name } } });
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error(`${name} was taken`);
}

describe('a submission that cannot be built is refused', () => {
  let notes: Buffer;

  beforeAll(async () => {
    notes = await readFile(sample('notes'));
  });

  test('when it is not an RPM', async () => {
    const problem = await handIn(Buffer.from('just words\n'.repeat(1000)), 'words-1-1.src.rpm');
    expect(problem).toMatchObject({ code: 'not_an_rpm', status: 422 });
    expect(problem.message).toContain('words-1-1.src.rpm');
    expect(problem.todo).toMatch(/\.src\.rpm/);
  });

  test.each([0, 3, 100, 2000])('when it ends after %i bytes', async (length) => {
    const problem = await handIn(notes.subarray(0, length), 'notes-3-1.src.rpm');
    expect(['truncated', 'not_an_rpm']).toContain(problem.code);
    if (length > 96) expect(problem.code).toBe('truncated');
  });

  test('when its last bytes are missing', async () => {
    expect(await handIn(notes.subarray(0, -10), 'notes-3-1.src.rpm')).toMatchObject({ code: 'truncated' });
  });

  test('when a byte of its header is another', async () => {
    const bytes = Buffer.from(notes);
    const at = bytes.indexOf('A few notes');
    expect(at).toBeGreaterThan(0);
    bytes[at] = 0x42;
    expect(await handIn(bytes, 'notes-3-1.src.rpm')).toMatchObject({ code: 'header_damaged' });
  });

  test('when it is a binary package', async () => {
    const { id } = await system.submit('notes', { scratch: true });
    const [rpm] = (await system.over(id)).rpms;
    const bytes = Buffer.from(await (await fetch(rpm?.url ?? '')).arrayBuffer());
    expect(await handIn(bytes, rpm?.name ?? '')).toMatchObject({ code: 'not_a_source_rpm' });
  });

  test('when its bytes are not those that were announced', async () => {
    const sha256 = sha256Of(Buffer.from('other bytes'));
    const body = { name: 'notes-3-1.src.rpm', size: notes.length, sha256 };
    const made = await system.client.call('createUpload', { body });
    const params = { upload: made.id, part: 0 };
    await expect(
      system.client.call('putPart', { params, query: { sha256 }, body: notes }),
    ).rejects.toMatchObject({ code: 'part_damaged' });
    await system.client.call('putPart', { params, query: { sha256: sha256Of(notes) }, body: notes });
    await expect(system.client.call('completeUpload', { params: { upload: made.id } })).rejects.toMatchObject(
      { code: 'hash_mismatch', status: 422 },
    );
    await expect(
      system.client.call('createBuild', { body: { target: 'el9', source: { sha256, name: body.name } } }),
    ).rejects.toMatchObject({ code: 'unknown_blob' });
  });

  test.each([
    '../notes-3-1.src.rpm',
    'a/notes-3-1.src.rpm',
    '..',
    '.hidden.src.rpm',
    'notes 3.src.rpm',
    'n\u0000.src.rpm',
  ])('when its name is %j', async (name) => {
    const problem = await handIn(notes, name);
    expect(['bad_name', 'bad_request']).toContain(problem.code);
    expect(problem.todo).not.toBe('');
  });

  test('when there is no such target', async () => {
    expect(await handIn(notes, 'notes-3-1.src.rpm', 'el10')).toMatchObject({
      code: 'unknown_target',
      status: 404,
    });
  });

  test('when nobody says who asks', async () => {
    const reply = await fetch(`${system.url}/api/v1/builds`, { method: 'POST', body: '{}' });
    expect(reply.status).toBe(401);
    expect(await reply.json()).toMatchObject({ code: 'unauthenticated' });
  });
});

describe('the same NVR twice', () => {
  test('fails after one is complete, with the build that has it', async () => {
    const first = await system.published((await system.submit('notes')).id);
    const second = await system.over((await system.submit('notes')).id);
    expect(second).toMatchObject({
      state: 'failed',
      failure: { code: 'nvr_exists', fault: 'package' },
      tags: [],
    });
    expect(second.failure?.message).toContain(`build ${first.id}`);
    expect(second.failure?.message).toMatch(/raise the release/);
    expect((await system.detail(first.id)).state).toBe('complete');
  });

  test('lets one of two that run at once through', async () => {
    const srpm = packSpec(makeSpec(system.dir, 'twin'), join(system.dir, 'srpms'));
    const [one, two] = await Promise.all([system.submit(srpm), system.submit(srpm)]);
    const ended = await Promise.all([system.over(one.id), system.over(two.id)]);
    expect(ended.map((build) => build.state).toSorted()).toEqual(['complete', 'failed']);
    expect(ended.find((build) => build.state === 'failed')?.failure?.code).toBe('nvr_exists');
  });

  test('is no obstacle after the first has failed', async () => {
    const bad = makeSpec(system.dir, 'thrice', { body: '%build\nexit 1\n%install\n%files\n' });
    const first = await system.over((await system.submit(packSpec(bad, join(system.dir, 'bad')))).id);
    expect(first).toMatchObject({ state: 'failed', nvr: 'thrice-1-1.el9' });
    const good = packSpec(makeSpec(system.dir, 'thrice'), join(system.dir, 'good'));
    expect(await system.published((await system.submit(good)).id)).toMatchObject({ nvr: 'thrice-1-1.el9' });
  });
});

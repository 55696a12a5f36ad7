/** Signatures of files that are no packages, over the real API. */
import { signDetached, signText } from '@moromi/signing';
import { beforeAll, describe, expect, test } from 'vitest';
import { sampleOf } from '../testing/samples.ts';
import { HandSigner, makeKeys, type TestKey } from '../testing/signer.ts';
import { type Stage, stageForEach, uploadFile } from '../testing/stage.ts';

let keys: Record<'one' | 'two', TestKey>;
let stage: Stage;
let signer: HandSigner;
beforeAll(async () => {
  keys = await makeKeys({ one: {}, two: {} });
});
stageForEach(async (fresh) => {
  stage = fresh;
  await stage.call('addKey', { body: { name: 'one', armor: keys.one.armor } });
  signer = await HandSigner.enrol(stage, 'signer', keys.one);
});

describe('a file that is no package', () => {
  const text = sampleOf('notes.txt', Buffer.from('a text\n- with a dash  \n'));
  const about = { sha256: text.sha256, size: text.bytes.length, name: text.name };
  const ask = (form: 'detached' | 'clear', more: { key?: string; tag?: string; size?: number } = {}) =>
    stage.call('signFile', { body: { ...about, key: 'one', form, ...more } });
  const end = (task: number) => stage.call('getFileSignature', { params: { task } });
  const asked = (signature: string) => ({ packages: [], files: [{ sha256: text.sha256, signature }] });

  test('is signed beside it or around it, and only as it is', async () => {
    await expect(ask('detached')).rejects.toMatchObject({ problem: { code: 'unknown_blob' } });
    await uploadFile(stage, text);
    const other = new TextEncoder().encode('another text');
    const made: Record<'detached' | 'clear', [good: string, bad: string]> = {
      detached: [
        (await signDetached(keys.one.signer, text.bytes)).armored,
        (await signDetached(keys.one.signer, other)).armored,
      ],
      clear: [
        await signText(keys.one.signer, text.bytes.toString()),
        await signText(keys.one.signer, 'another text\n'),
      ],
    };
    for (const form of ['detached', 'clear'] as const) {
      const { task } = await ask(form);
      const lease = await signer.take();
      expect([lease.task, lease.sign.files]).toEqual([task, [expect.objectContaining({ form, tag: null })]]);
      const [good, bad] = made[form];
      const refused = await signer.finish(lease, asked(bad));
      expect([form, refused.refusal]).toEqual([form, expect.stringContaining('notes.txt: The ')]);
      const again = await signer.take();
      expect(await signer.finish(again, asked(good))).toMatchObject({ accepted: true });
      const { signature, ...told } = await end(task);
      expect(told).toMatchObject({ state: 'done', name: 'notes.txt', form, failure: null });
      const kept = await fetch(`${stage.url}/api/v1/blobs/${signature?.sha256}`);
      expect(await kept.text()).toBe(good);
    }
  });

  test('is not signed where the rules of the signer say so, and that is told', async () => {
    await uploadFile(stage, text);
    const { task } = await ask('detached', { tag: 'f1' });
    const lease = await signer.take();
    expect(lease.sign.files).toMatchObject([{ name: 'notes.txt', tag: 'f1' }]);
    const refused = { code: 'no_rule', message: 'no rule allows notes.txt' };
    await signer.finish(lease, { packages: [], files: [{ sha256: text.sha256, refused }] });
    expect(await end(task)).toMatchObject({ state: 'done', signature: null, failure: refused });
  });

  test('is asked of a key that can sign it, for a tag that is there, by whoever may', async () => {
    await uploadFile(stage, text);
    await stage.call('addKey', { body: { name: 'away', armor: keys.two.armor, offline: true } });
    const cases: [code: string, wanted: Parameters<typeof ask>[1]][] = [
      ['key_offline', { key: 'away' }],
      ['unknown_key', { key: 'nobody' }],
      ['unknown_tag', { tag: 'nowhere' }],
      ['unknown_blob', { size: 5 }],
    ];
    for (const [code, wanted] of cases)
      await expect(ask('clear', wanted)).rejects.toMatchObject({ problem: { code } });
    await expect(end(999_999)).rejects.toMatchObject({ problem: { code: 'unknown_task' } });
    const sealed = { name: 'prod', tag: 'f1', definition: { arches: ['x86_64'], repoKey: 'away' } };
    await expect(stage.call('createDist', { body: sealed })).rejects.toMatchObject({
      problem: { code: 'key_offline' },
    });
    await stage.call('createDist', { body: { ...sealed, definition: { arches: ['x86_64'] } } });
    const later = stage.call('editDist', {
      params: { name: 'prod' },
      body: { definition: { repoKey: 'away' } },
    });
    await expect(later).rejects.toMatchObject({ problem: { code: 'key_offline' } });
  });
});

/** A hub with a target, a first repository revision, a worker and sources to build. */
import { join } from 'node:path';
import type { Build, BuildOptions, Reply, Routes } from '@moromi/contract';
import { afterEach, beforeEach } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { freshHub, type HubOptions, type TestHub } from './hub.ts';
import type { Built, Sample } from './samples.ts';
import { sampleOf } from './samples.ts';
import { enrol, type HandWorker } from './worker.ts';

export interface Stage extends TestHub {
  worker: HandWorker;
  submit(source: Sample, options?: BuildOptions): Promise<Build>;
  build(id: number): Promise<Reply<Routes['getBuild']>>;
}

/** What publish tasks need of `work`: nothing. */
export const nothing: Built = { srpm: sampleOf('', Buffer.alloc(0)), rpms: new Map() };

export async function uploadFile(hub: Pick<TestHub, 'call'>, file: Sample): Promise<void> {
  const body = { name: file.name, size: file.bytes.length, sha256: file.sha256 };
  const upload = await hub.call('createUpload', { body });
  if (upload.complete) return;
  const params = { upload: upload.id, part: 0 };
  await hub.call('putPart', { params, query: { sha256: file.sha256 }, bytes: file.bytes });
  await hub.call('completeUpload', { params: { upload: upload.id } });
}

export async function submit(
  hub: Pick<TestHub, 'call'>,
  source: Sample,
  options?: BuildOptions,
): Promise<Build> {
  await uploadFile(hub, source);
  const body = { target: 'f1', source: { sha256: source.sha256, name: source.name }, options };
  return await hub.call('createBuild', { body });
}

/** @param published whether the tag has its first, empty revision */
export async function setStage(options: HubOptions = {}, published = true): Promise<Stage> {
  const hub = await freshHub(options);
  await hub.call('createTag', { body: { name: 'f1', settings: { arches: ['x86_64', 'i686'] } } });
  await hub.call('createTarget', { body: { name: 'f1', buildTag: 'f1', destTag: 'f1' } });
  const worker = await enrol(hub, 'w1');
  if (published) await worker.work(nothing);
  return {
    ...hub,
    worker,
    submit: (source, build) => submit(hub, source, build),
    build: (id) => hub.call('getBuild', { params: { build: id } }),
  };
}

/** Each test of a file gets a stage of its own, whose ledger keeps its promises at its end. */
export function stageForEach(prepare: (stage: Stage) => Promise<void> | void): void {
  let stage: Stage;
  beforeEach(async () => {
    stage = await setStage();
    await prepare(stage);
  });
  afterEach(async () => {
    await checkPromises(stage.access, join(stage.home, 'blobs'));
    await stage.stop();
  });
}

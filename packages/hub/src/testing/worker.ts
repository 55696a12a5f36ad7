/** A worker by hand: each thing that a worker says to the hub is one call, so that a test can leave any of them out. */
import { randomUUID } from 'node:crypto';
import type { Claim, Completion, Lease, Reply, RouteName, Routes, WorkerOffer } from '@moromi/contract';
import { call, type Request } from './call.ts';
import { type Built, type Sample, sampleOf } from './samples.ts';

export type Line = <N extends RouteName>(name: N, request: Request) => Promise<Reply<Routes[N]>>;

export interface Place {
  url: string;
  hub: { enrolToken: string };
}

const kinds = ['srpm', 'build', 'publish', 'plan', 'closure'] as const;

export async function enrol(
  place: Place,
  name: string,
  arches: readonly string[] = ['x86_64', 'i686'],
  more: Partial<WorkerOffer> = {},
): Promise<HandWorker> {
  const offer = { arches, kinds, slots: 8, version: '0', driver: 'none', host: {}, ...more };
  const { token } = await call(place.url, place.hub.enrolToken, 'enrolWorker', { body: { name, offer } });
  return new HandWorker(name, arches, (route, request) => call(place.url, token, route, request), token);
}

export class HandWorker {
  readonly name: string;
  readonly arches: readonly string[];
  readonly token: string;
  line: Line;

  constructor(name: string, arches: readonly string[], line: Line, token: string) {
    this.name = name;
    this.arches = arches;
    this.line = line;
    this.token = token;
  }

  async claim(asked: Partial<Claim> = {}, request: Request = {}): Promise<Lease | null> {
    const body = { slot: 0, nonce: randomUUID(), kinds, arches: this.arches, waitSeconds: 0, ...asked };
    return (await this.line('claim', { ...request, body })).lease;
  }

  /** A claim that must bring a task. */
  async take(asked: Partial<Claim> = {}): Promise<Lease> {
    const lease = await this.claim({ waitSeconds: 10, ...asked });
    if (lease === null) throw new Error('there was no task to take');
    return lease;
  }

  async beat(...leases: readonly Pick<Lease, 'task' | 'attempt'>[]): Promise<Reply<Routes['heartbeat']>> {
    return await this.line('heartbeat', {
      body: { tasks: leases.map(({ task, attempt }) => ({ task, attempt })) },
    });
  }

  async release(...leases: readonly Pick<Lease, 'task' | 'attempt'>[]): Promise<void> {
    const tasks = leases.map(({ task, attempt }) => ({ task, attempt }));
    await this.line('release', { body: { tasks, reason: 'a test says so' } });
  }

  async log(lease: Lease, name: string, offset: number, text: string, complete = false): Promise<number> {
    const { size } = await this.line('appendLog', {
      params: { id: lease.task, attempt: lease.attempt, log: name },
      query: { offset, complete },
      bytes: Buffer.from(text),
    });
    return size;
  }

  async upload(lease: Lease, file: Sample): Promise<{ name: string; sha256: string; size: number }> {
    const size = file.bytes.length;
    const upload = await this.line('createUpload', {
      body: { name: file.name, size, sha256: file.sha256, task: lease.task, attempt: lease.attempt },
    });
    if (!upload.complete) {
      const params = { upload: upload.id, part: 0 };
      await this.line('putPart', { params, query: { sha256: file.sha256 }, bytes: file.bytes });
      await this.line('completeUpload', { params: { upload: upload.id } });
    }
    return { name: file.name, sha256: file.sha256, size };
  }

  /** Uploads what the task should bring. @returns the result to finish with */
  async make(lease: Lease, built: Built): Promise<Completion> {
    // The hub itself makes the metadata, and looks at external repositories.
    if (lease.kind === 'publish' || lease.kind === 'external') return { outcome: 'done' };
    const srpm = await this.upload(lease, built.srpm);
    const rpms = [];
    if (lease.kind === 'build')
      for (const rpm of built.rpms.get(lease.arch ?? '') ?? []) rpms.push(await this.upload(lease, rpm));
    const installed = [
      { nevra: 'bash-5-1.x86_64', sha256: sampleOf('', Buffer.from('bash')).sha256, repo: 'base' },
    ];
    return { outcome: 'done', packages: { srpm, rpms, installed } };
  }

  async finish(
    lease: Pick<Lease, 'task' | 'attempt'>,
    body: Completion,
  ): Promise<Reply<Routes['finishAttempt']>> {
    return await this.line('finishAttempt', { params: { id: lease.task, attempt: lease.attempt }, body });
  }

  async fail(
    lease: Pick<Lease, 'task' | 'attempt'>,
    fault: 'package' | 'infrastructure' | 'excluded' | 'canceled',
  ): Promise<Reply<Routes['finishAttempt']>> {
    return await this.finish(lease, {
      outcome: 'failed',
      failure: { code: 'a_test', message: `${fault} by a test`, fault },
    });
  }

  /** Does all tasks that there are, and those that come of them. @param of what is made of a source package's file */
  async workAll(of: (source: string | undefined) => Built | undefined): Promise<void> {
    for (;;) {
      const lease = await this.claim();
      if (lease === null) return;
      await this.beat(lease);
      const built = of(lease.source?.srpm.sha256) ?? { srpm: sampleOf('', Buffer.alloc(0)), rpms: new Map() };
      const said = await this.finish(lease, await this.make(lease, built));
      if (!said.accepted) throw new Error(`refused: ${said.refusal}`);
    }
  }

  /** Takes the next task and does it well. */
  async work(built: Built, asked: Partial<Claim> = {}): Promise<Lease> {
    const lease = await this.take(asked);
    await this.beat(lease);
    const said = await this.finish(lease, await this.make(lease, built));
    if (!said.accepted) throw new Error(`refused: ${said.refusal}`);
    return lease;
  }
}

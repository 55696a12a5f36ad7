/** A signer by hand, with keys that gpg has made: what it brings can be made wrong in any part. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Claim, Completion, Lease, SignOrder, SignResult, WorkerOffer } from '@moromi/contract';
import { SIGTAG } from '@moromi/rpm';
import {
  openSecretKey,
  SIGNATURE_FORMS,
  type Signer,
  signDetached,
  signPackage,
  signText,
} from '@moromi/signing';
import { parseHeader } from '../../../rpm/src/header.ts';
import { writeHeader } from '../../../rpm/src/headerwriter.ts';
import { enrol, type HandWorker, type Place } from './worker.ts';

const run = promisify(execFile);

export interface TestKey {
  /** Of its certificate. */
  armor: string;
  secret: string;
  fingerprint: string;
  signer: Signer;
  /** Its certificate as it is when it was let live for ever. */
  prolonged: string;
}

/** Keys as gpg makes them; its home goes with the agent when they are made. */
export async function makeKeys<Name extends string>(
  wanted: Record<Name, { algorithm?: string; expires?: string }>,
): Promise<Record<Name, TestKey>> {
  const home = await mkdtemp(join(tmpdir(), 'gpg-'));
  const env = { PATH: process.env['PATH'], GNUPGHOME: home, LC_ALL: 'C.UTF-8' };
  const gpg = async (...args: string[]) =>
    (await run('gpg', ['--batch', '--pinentry-mode', 'loopback', '--passphrase', '', ...args], { env }))
      .stdout;
  const made: Partial<Record<Name, TestKey>> = {};
  try {
    for (const [name, { algorithm = 'rsa2048', expires = 'never' }] of Object.entries(wanted) as [
      Name,
      { algorithm?: string; expires?: string },
    ][]) {
      const user = `${name} <${name}@example.org>`;
      await gpg('--quick-generate-key', user, algorithm, 'sign', expires);
      const listed = await gpg('--with-colons', '--list-keys', `=${user}`);
      const fingerprint = /^fpr:::::::::([0-9A-F]{40}):/m.exec(listed)?.[1]?.toLowerCase() ?? '';
      const secret = await gpg('--armor', '--export-secret-keys', fingerprint);
      const armor = await gpg('--armor', '--export', fingerprint);
      if (expires !== 'never') await gpg('--quick-set-expire', fingerprint, '0');
      const prolonged = await gpg('--armor', '--export', fingerprint);
      made[name] = { armor, secret, fingerprint, signer: await openSecretKey(secret), prolonged };
    }
  } finally {
    await run('gpgconf', ['--kill', 'all'], { env }).catch(() => {});
    await rm(home, { recursive: true, force: true });
  }
  return made as Record<Name, TestKey>;
}

export class HandSigner {
  readonly worker: HandWorker;
  readonly key: TestKey;
  readonly #place: Place;

  private constructor(worker: HandWorker, key: TestKey, place: Place) {
    this.worker = worker;
    this.key = key;
    this.#place = place;
  }

  static async enrol(
    place: Place,
    name: string,
    key: TestKey,
    more: Partial<WorkerOffer> = {},
  ): Promise<HandSigner> {
    const offer = { kinds: ['sign' as const], keys: [key.fingerprint], slots: 4, ...more };
    return new HandSigner(await enrol(place, name, [], offer), key, place);
  }

  async claim(asked: Partial<Claim> = {}): Promise<Lease | null> {
    return await this.worker.claim({ kinds: ['sign'], ...asked });
  }

  async take(asked: Partial<Claim> = {}): Promise<Lease & { sign: SignOrder }> {
    const lease = await this.worker.take({ kinds: ['sign'], ...asked });
    if (lease.sign === undefined) throw new Error('a lease without an order');
    await this.worker.beat(lease);
    return { ...lease, sign: lease.sign };
  }

  /** Signs one package of the hub. @returns its signature header in base64 */
  async header(
    sha256: string,
    form: SignOrder['form'] = 'header',
    signer = this.key.signer,
  ): Promise<string> {
    const reply = await fetch(`${this.#place.url}/api/v1/blobs/${sha256}`);
    const folder = await mkdtemp(join(tmpdir(), 'moromi-signer-'));
    try {
      const path = join(folder, 'a.rpm');
      await writeFile(path, Buffer.from(await reply.arrayBuffer()));
      const newest = SIGNATURE_FORMS.at(-1);
      if (newest === undefined) throw new Error('there is no form');
      const covers = form === 'header' ? ('header' as const) : ('header and payload' as const);
      const { front } = await signPackage(path, signer, { form: { ...newest, covers } });
      return Buffer.from(front.signature).toString('base64');
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** What a good signer brings for an order. */
  async sign(order: SignOrder): Promise<SignResult> {
    const packages = [];
    for (const { sha256 } of order.packages)
      packages.push({ sha256, header: await this.header(sha256, order.form) });
    const files = [];
    for (const { sha256, form } of order.files) {
      const reply = await fetch(`${this.#place.url}/api/v1/blobs/${sha256}`);
      const bytes = Buffer.from(await reply.arrayBuffer());
      const signature =
        form === 'detached'
          ? (await signDetached(this.key.signer, bytes)).armored
          : await signText(this.key.signer, bytes.toString());
      files.push({ sha256, signature });
    }
    return { packages, files };
  }

  /** Takes the next task and signs what it names. */
  async work(asked: Partial<Claim> = {}): Promise<Lease & { sign: SignOrder }> {
    const lease = await this.take(asked);
    const said = await this.finish(lease, await this.sign(lease.sign));
    if (!said.accepted) throw new Error(`refused: ${said.refusal}`);
    return lease;
  }

  async finish(lease: Lease, signed: SignResult): ReturnType<HandWorker['finish']> {
    const completion: Completion = { outcome: 'done', signed };
    return await this.worker.finish(lease, completion);
  }
}

/** With its signature of header and payload in the place for those by other keys too, with one byte changed. */
export function doubled(header: string): string {
  const bytes = Buffer.from(header, 'base64');
  const parsed = parseHeader(bytes, 62, { entries: 100, bytes: bytes.length, arrayLength: 100 });
  const entries = parsed.tags().flatMap((tag) => {
    const stored = parsed.stored(tag);
    return stored === undefined ? [] : [{ tag, ...stored }];
  });
  const first = entries.find((one) => one.tag === SIGTAG.PGP.number);
  if (first === undefined) throw new Error('it has no such signature');
  const data = Buffer.from(first.data);
  data[data.length - 1] = (data.at(-1) ?? 0) ^ 0xff;
  const second = { ...first, tag: SIGTAG.GPG.number, data };
  return Buffer.from(writeHeader(62, [...entries, second])).toString('base64');
}

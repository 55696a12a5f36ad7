/**
 * Packs the runs that are not there yet and stores them.
 *
 * Invariant: a run's place in its blob is known before anything names it; few large blobs are written instead of many
 * small ones, since each costs several waits for the disk.
 */
import { documentHead, documentTail, pack } from '@moromi/repodata';
import type { Piece } from '../../blobs/index.ts';
import { ahead } from './ahead.ts';
import type { Form } from './form.ts';
import { readExtended } from './fragments.ts';
import type { MadeRun } from './jobs.ts';
import { placementOf } from './member.ts';
import { fragments, type RunFacts } from './queries.ts';
import type { ToPack } from './sequence.ts';
import { sum } from './sum.ts';
import type { Workshop } from './workshop.ts';

/** A document's beginning and end: plain, and where they are packed. */
export interface Ends {
  head: { plain: Buffer; packed: Buffer; piece: Piece };
  tail: { plain: Buffer; packed: Buffer; piece: Piece };
}

/** With the copies of a run that is not in the ledger yet. */
export interface PackedRun {
  run: RunFacts;
  copies: number[];
}

/** Packed runs are stored together up to so many bytes. */
const together = 4 * 1024 * 1024;

type Keep = (bytes: Uint8Array) => Promise<{ sha256: string }>;

export async function packRuns(
  workshop: Workshop,
  sequence: readonly (RunFacts | ToPack)[],
  form: Form,
  keep: Keep,
): Promise<{ runs: PackedRun[]; frame: Ends[]; packages: number }> {
  const packages = sequence.reduce((sum, run) => sum + ('id' in run ? run.members : run.members.length), 0);
  const batch = new Batch(keep);
  const frame: Ends[] = [];
  const place = ({ plain, packed }: PackedEnd): Ends['head'] => {
    const piece: Piece = { sha256: '', start: 0, length: packed.length };
    batch.add(packed, (blob, start) => Object.assign(piece, { sha256: blob, start }));
    return { plain, packed, piece };
  };
  for (const { head, tail } of packEnds(form, packages)) frame.push({ head: place(head), tail: place(tail) });
  const fresh = sequence.filter((run): run is ToPack => !('id' in run));
  const packed = ahead(fresh, workshop.hands.count + 1, (run) => packRun(workshop, run, form));
  const runs: PackedRun[] = [];
  for (const run of sequence) {
    if ('id' in run) {
      runs.push({ run, copies: [] });
      continue;
    }
    const { value } = await packed.next();
    const [first] = run.members;
    if (value === undefined || first === undefined) throw new Error('a run was not packed');
    const { copy: _, bytes: __, ...place } = first;
    const { sizes, opens } = value;
    const made: RunFacts = {
      id: null,
      key: run.key,
      members: run.members.length,
      first: place,
      blob: '',
      start: 0,
      sizes,
      opens,
    };
    batch.add(value.packed, (blob, start) => Object.assign(made, { blob, start }));
    if (batch.bytes >= together) await batch.store();
    runs.push({ run: made, copies: run.members.map((member) => member.copy.id) });
  }
  await batch.store();
  return { runs, frame, packages };
}

type PackedEnd = Omit<Ends['head'], 'piece'>;

/** Beginnings and ends of the documents. They are stored in this order, head and tail, before the tree's first new run. */
export function packEnds(
  { documents, compression }: Pick<Form, 'documents' | 'compression'>,
  packages: number,
): { head: PackedEnd; tail: PackedEnd }[] {
  const end = (plain: Buffer): PackedEnd => ({ plain, packed: pack(plain, compression) });
  return documents.map((kind) => ({
    head: end(documentHead(kind, packages)),
    tail: end(documentTail(kind)),
  }));
}

async function packRun(
  workshop: Workshop,
  { key, members }: ToPack,
  { layout, compression, documents }: Form,
): Promise<MadeRun> {
  const { reader, hands, cache } = workshop;
  const texts = await fragments(
    reader,
    members.flatMap(({ copy }) => copy.fragment ?? []),
  );
  const copies = members.map(({ copy }) => copy.id);
  const extended = documents.includes('filelists-ext') ? await readExtended(workshop, copies) : undefined;
  const made = await hands.do({
    what: 'run',
    members: members.map(({ copy }) => {
      const fragment = texts.get(copy.fragment ?? 0);
      if (fragment === undefined) throw new Error(`the fragment of ${copy.fileName} is gone`);
      return { fragment, extended: extended?.get(copy.id), placement: placementOf(copy, layout) };
    }),
    documents,
    compression,
    cache: cache.path(key),
  });
  cache.use(key, sum(made.opens) + sum(made.sizes));
  return made;
}

/** What is stored as one blob. */
class Batch {
  bytes = 0;
  readonly #keep: Keep;
  #parts: { packed: Uint8Array; place: (blob: string, start: number) => void }[] = [];

  constructor(keep: Keep) {
    this.#keep = keep;
  }

  add(packed: Uint8Array, place: (blob: string, start: number) => void): void {
    this.#parts.push({ packed, place });
    this.bytes += packed.length;
  }

  async store(): Promise<void> {
    if (this.#parts.length === 0) return;
    const parts = this.#parts;
    [this.#parts, this.bytes] = [[], 0];
    const { sha256 } = await this.#keep(Buffer.concat(parts.map((one) => one.packed)));
    let at = 0;
    for (const { packed, place } of parts) {
      place(sha256, at);
      at += packed.length;
    }
  }
}

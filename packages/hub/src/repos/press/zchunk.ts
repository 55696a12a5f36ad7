/**
 * The lists of packages as zchunk files: of such a file clients fetch only the chunks that they do not have.
 *
 * Invariant: made by the program `zck` of the list that is given packed otherwise too, so its cost follows the size; what
 * its header says of itself is checked against the file. Source of the form: zchunk_format.txt of zchunk 1.x; of the
 * records: createrepo_c, src/repomd.c.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { unpackForeign } from '@moromi/repodata';
import { openPieces } from '../../blobs/index.ts';
import type { Document } from './documents.ts';
import type { Workshop } from './workshop.ts';

const run = promisify(execFile);
const bounds = { timeout: 30 * 60_000, maxBuffer: 64 * 1024, env: { PATH: process.env['PATH'] } };

/** Whether this machine has the program. */
export async function hasZchunk(program = 'zck'): Promise<boolean> {
  return await run(program, ['--version'], bounds).then(
    () => true,
    () => false,
  );
}

export async function zchunkOf({ store }: Pick<Workshop, 'store'>, one: Document): Promise<Document> {
  const { file, record } = one;
  const folder = await mkdtemp(join(tmpdir(), 'moromi-zck-'));
  try {
    const [plain, made] = [join(folder, `${record.type}.xml`), join(folder, 'made.zck')];
    const packed = await openPieces(store, file.pieces ?? []);
    await pipeline(unpackForeign(packed, record.openSize ?? 0), createWriteStream(plain));
    await run('zck', ['--output', made, '--', plain], bounds);
    const bytes = await readFile(made);
    const { sha256, size } = await store.put(bytes);
    const name = `${sha256}-${record.type}.xml.zck`;
    return {
      file: { name, sha256, size },
      record: {
        ...{ type: `${record.type}_zck`, href: `repodata/${name}`, checksum: sha256, size },
        ...{ openChecksum: record.openChecksum, openSize: record.openSize, header: zchunkHeader(bytes) },
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Checksum and bytes of a file's header, the lead included, as repomd.xml has them; throws where it is none. */
export function zchunkHeader(bytes: Buffer): { checksum: string; size: number } {
  if (bytes.toString('latin1', 0, 5) !== '\0ZCK1') throw new Error('zck has made no zchunk file');
  const type = compressedInt(bytes, 5);
  const rest = compressedInt(bytes, type.end);
  // The only kind of header checksum that repomd.xml states here.
  if (type.value !== 1) throw new Error(`zck has made a header with a checksum of type ${type.value}`);
  const lead = rest.end + 32;
  const size = lead + rest.value;
  const checksum = bytes.toString('hex', rest.end, lead);
  const found = createHash('sha256')
    .update(bytes.subarray(0, rest.end))
    .update(bytes.subarray(lead, size))
    .digest('hex');
  if (found !== checksum) throw new Error('the header of a zchunk file is not what its checksum says');
  return { checksum, size };
}

/** Seven bits a byte, the least first; the last byte has its highest bit set. */
function compressedInt(bytes: Buffer, at: number): { value: number; end: number } {
  let value = 0;
  for (let place = 0; place < 5; place++) {
    const byte = bytes[at + place] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * place);
    if ((byte & 0x80) !== 0) return { value, end: at + place + 1 };
  }
  throw new Error('a number in the header of a zchunk file has no end');
}

/** Uploads and blobs over HTTP. */
import type { Handlers } from '../ledger/index.ts';
import type { BlobReader } from './reader.ts';
import { serveBlob } from './serve.ts';

import type { Uploads } from './uploads.ts';

export function blobRoutes(
  blobs: BlobReader,
  uploads: Uploads,
): Pick<Handlers, 'createUpload' | 'getUpload' | 'putPart' | 'completeUpload' | 'getBlob'> {
  return {
    createUpload: (call) =>
      call.effect('uploads.create', (tx) => uploads.create(tx, call.principal, call.body)),
    getUpload: (call) => uploads.status(call.principal, call.params.upload),
    putPart: (call) =>
      uploads.putPart(call.principal, call.params.upload, call.params.part, call.query.sha256, call.stream),
    completeUpload: async (call) => {
      const upload = await uploads.complete(call.principal, call.params.upload);
      return { sha256: upload.sha256, size: upload.size, name: upload.name };
    },
    getBlob: (call) =>
      serveBlob(
        blobs,
        { sha256: call.params.sha256, type: 'application/octet-stream' },
        call.stream.method ?? 'GET',
        call.stream.headers,
        call.reply,
      ) as Promise<undefined>,
  };
}

/** Files in parts, and blobs. */
import { Type } from 'typebox';
import type { Route } from '../route.ts';
import { Sha256 } from '../shapes.ts';
import { NewUpload, partSize, StoredBlob, Upload } from '../upload.ts';

export const uploadRoutes = {
  createUpload: {
    method: 'POST',
    path: '/uploads',
    summary: 'Announce a file; tells whether it is there already',
    demand: 'uploader',
    body: NewUpload,
    reply: Upload,
    errors: ['lease_lost', 'bad_name'],
  },
  getUpload: {
    method: 'GET',
    path: '/uploads/:upload',
    summary: 'Which parts are there',
    demand: 'uploader',
    params: Type.Object({ upload: Type.String() }),
    reply: Upload,
    errors: ['unknown_upload'],
  },
  putPart: {
    method: 'PUT',
    path: '/uploads/:upload/parts/:part',
    summary: 'One part of a file',
    demand: 'uploader',
    bodyStream: true,
    bodyLimit: partSize,
    params: Type.Object({ upload: Type.String(), part: Type.Integer({ minimum: 0, maximum: 100_000 }) }),
    query: Type.Object({ sha256: Sha256 }),
    reply: Upload,
    errors: ['unknown_upload', 'part_damaged', 'part_conflict', 'lease_lost', 'storage_full'],
  },
  completeUpload: {
    method: 'POST',
    path: '/uploads/:upload/complete',
    summary: 'Join the parts and check the whole',
    demand: 'uploader',
    params: Type.Object({ upload: Type.String() }),
    reply: StoredBlob,
    errors: ['unknown_upload', 'upload_incomplete', 'hash_mismatch', 'lease_lost', 'storage_full'],
  },
  getBlob: {
    method: 'GET',
    path: '/blobs/:sha256',
    summary: 'A file by its hash; ranges are honoured',
    demand: 'anyone',
    params: Type.Object({ sha256: Sha256 }),
    replyStream: 'application/octet-stream',
    errors: ['unknown_blob', 'blob_damaged'],
  },
} as const satisfies Record<string, Route>;

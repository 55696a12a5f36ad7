/** Chains and batches. */
import { Type } from 'typebox';
import { Batch, BatchDetail, BatchState, NewBatch } from '../batch.ts';
import type { Route } from '../route.ts';
import { Nothing, Page, PageQuery } from '../shapes.ts';
import { byId } from './params.ts';

export const batchRoutes = {
  createBatch: {
    method: 'POST',
    path: '/batches',
    summary: 'Build several source packages with an order among them',
    demand: 'build',
    body: NewBatch,
    bodyLimit: 16 * 1024 * 1024,
    reply: Batch,
    errors: [
      'unknown_target',
      'unknown_blob',
      'unknown_arch',
      'not_an_rpm',
      'not_a_source_rpm',
      'truncated',
      'header_damaged',
      'header_too_large',
      'unsupported_format',
      'bad_name',
      'forbidden',
      'not_inherited',
    ],
  },
  listBatches: {
    method: 'GET',
    path: '/batches',
    summary: 'Batches, newest first',
    demand: 'anyone',
    query: Type.Object({
      ...PageQuery,
      state: Type.Optional(BatchState),
      owner: Type.Optional(Type.String({ maxLength: 200 })),
    }),
    reply: Page(Batch),
    errors: [],
  },
  getBatch: {
    method: 'GET',
    path: '/batches/:id',
    summary: 'A batch with its items',
    demand: 'anyone',
    params: byId,
    reply: BatchDetail,
    errors: ['unknown_batch'],
  },
  cancelBatch: {
    method: 'POST',
    path: '/batches/:id/cancel',
    summary: 'Cancel a batch and all its builds',
    demand: 'build',
    params: byId,
    body: Nothing,
    reply: Batch,
    errors: ['unknown_batch', 'batch_over', 'not_owner'],
  },
  pauseBatch: {
    method: 'POST',
    path: '/batches/:id/pause',
    summary: 'Begin nothing new of a batch, or go on with it',
    demand: 'build',
    params: byId,
    body: Type.Object({ paused: Type.Boolean() }),
    reply: Batch,
    errors: ['unknown_batch', 'batch_over', 'not_owner'],
  },
} as const satisfies Record<string, Route>;

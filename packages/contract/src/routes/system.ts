/** The hub itself and its events. */
import { Type } from 'typebox';
import { EventEnvelope } from '../event.ts';
import type { Route } from '../route.ts';
import { Count, Id } from '../shapes.ts';

export const systemRoutes = {
  status: {
    method: 'GET',
    path: '/status',
    summary: 'Version, time and health of this hub',
    demand: 'anyone',
    reply: Type.Object({
      version: Type.String(),
      hub: Type.String(),
      time: Type.String(),
      uptimeSeconds: Type.Number(),
      ledger: Type.String(),
      principal: Type.String(),
    }),
    errors: ['ledger_unavailable'],
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description',
    demand: 'anyone',
    reply: Type.Record(Type.String(), Type.Unknown()),
    errors: [],
  },
  listEvents: {
    method: 'GET',
    path: '/events',
    summary: 'Events after a sequence number, oldest first',
    demand: 'anyone',
    query: Type.Object({
      after: Type.Optional(Count),
      build: Type.Optional(Id),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    }),
    reply: Type.Object({
      items: Type.Array(EventEnvelope),
      last: Type.Integer({ description: 'newest sequence number in the ledger' }),
    }),
    errors: ['cursor_gone'],
  },
  followEvents: {
    method: 'GET',
    path: '/events/stream',
    summary: 'Events as server-sent events; Last-Event-ID resumes',
    demand: 'anyone',
    query: Type.Object({ after: Type.Optional(Count), build: Type.Optional(Id) }),
    replyStream: 'text/event-stream',
    errors: ['cursor_gone'],
  },
} as const satisfies Record<string, Route>;

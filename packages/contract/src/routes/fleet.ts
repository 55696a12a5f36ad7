/** Quotas, pauses, figures of queues. */
import { Type } from 'typebox';
import { NewPause, NewQuota, Pause, QueueFigures, Quota } from '../fleet.ts';
import type { Route } from '../route.ts';

const items = <T extends import('typebox').TSchema>(item: T) => Type.Object({ items: Type.Array(item) });

export const fleetRoutes = {
  stats: {
    method: 'GET',
    path: '/stats',
    summary: 'Tasks that are ready and workers that watch for them, per queue',
    demand: 'anyone',
    reply: items(QueueFigures),
    errors: [],
  },
  listQuotas: {
    method: 'GET',
    path: '/quotas',
    summary: 'How many tasks owners and tags may have at once',
    demand: 'anyone',
    reply: items(Quota),
    errors: [],
  },
  setQuota: {
    method: 'POST',
    path: '/quotas',
    summary: 'Set or end a quota',
    demand: 'admin',
    body: NewQuota,
    reply: items(Quota),
    errors: ['unknown_tag'],
  },
  listPauses: {
    method: 'GET',
    path: '/pauses',
    summary: 'What begins no builds now',
    demand: 'anyone',
    reply: items(Pause),
    errors: [],
  },
  setPause: {
    method: 'POST',
    path: '/pauses',
    summary: 'Pause or unpause the system or one tag',
    demand: 'admin',
    body: NewPause,
    reply: items(Pause),
    errors: ['unknown_tag'],
  },
} as const satisfies Record<string, Route>;

/** The hub's store. */
import { Type } from 'typebox';
import type { Route } from '../route.ts';
import { Nothing } from '../shapes.ts';
import { Collected, ScrubStatus } from '../storage.ts';

export const storageRoutes = {
  collectBlobs: {
    method: 'POST',
    path: '/storage/collect',
    summary:
      'Let go of files that nothing names, or say how much would go; the hub does so by itself, bit by bit',
    demand: 'admin',
    body: Type.Object({ dryRun: Type.Optional(Type.Boolean()) }),
    reply: Collected,
    errors: [],
  },
  getScrub: {
    method: 'GET',
    path: '/storage/scrub',
    summary: 'How far the reading of all stored files has come, and what is damaged',
    demand: 'anyone',
    reply: ScrubStatus,
    errors: [],
  },
  startScrub: {
    method: 'POST',
    path: '/storage/scrub',
    summary: 'Read all stored files now, as fast as the configuration allows',
    demand: 'admin',
    body: Nothing,
    reply: ScrubStatus,
    errors: ['scrub_off'],
  },
} as const satisfies Record<string, Route>;

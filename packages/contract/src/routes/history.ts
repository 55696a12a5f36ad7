/** The past of the catalogue. */
import { Type } from 'typebox';
import { HistoryEntry, HistoryKind } from '../history.ts';
import { PackageName } from '../package-list.ts';
import type { Route } from '../route.ts';
import { Count, Name, Page, PageQuery, Time } from '../shapes.ts';
import { flag } from './params.ts';

export const historyRoutes = {
  listHistory: {
    method: 'GET',
    path: '/history',
    summary: 'What has changed in the catalogue, newest first',
    demand: 'anyone',
    query: Type.Object({
      ...PageQuery,
      kind: Type.Optional(HistoryKind),
      tag: Type.Optional(Name),
      package: Type.Optional(PackageName),
      /** By number or name-version-release. */
      build: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
      target: Type.Optional(Name),
      actor: Type.Optional(Type.String({ maxLength: 200 })),
      /** Only what holds to this day; false: only what does no longer. */
      active: flag,
      sinceChange: Type.Optional(Count),
      untilChange: Type.Optional(Count),
      since: Type.Optional(Time),
      until: Type.Optional(Time),
    }),
    reply: Page(HistoryEntry),
    errors: ['unknown_tag', 'unknown_build', 'unknown_target', 'bad_request'],
  },
} as const satisfies Record<string, Route>;

/** Builds. */
import { Type } from 'typebox';
import { Build, BuildDetail, BuildState, NewBuild } from '../build.ts';
import type { Route } from '../route.ts';
import { Name, Nothing, Page, PageQuery } from '../shapes.ts';
import { byId, sourceErrors } from './params.ts';

export const buildRoutes = {
  createBuild: {
    method: 'POST',
    path: '/builds',
    summary: 'Build a source package',
    demand: 'build',
    body: NewBuild,
    reply: Build,
    errors: [
      'unknown_target',
      'unknown_blob',
      ...sourceErrors,
      'nvr_exists',
      'unknown_arch',
      'unknown_build',
      'build_not_complete',
      'forbidden',
    ],
  },
  listBuilds: {
    method: 'GET',
    path: '/builds',
    summary: 'Builds, newest first',
    demand: 'anyone',
    query: Type.Object({
      ...PageQuery,
      state: Type.Optional(BuildState),
      package: Type.Optional(Name),
      owner: Type.Optional(Type.String({ maxLength: 200 })),
      target: Type.Optional(Name),
    }),
    reply: Page(Build),
    errors: [],
  },
  getBuild: {
    method: 'GET',
    path: '/builds/:build',
    summary: 'A build by its number or NVR',
    demand: 'anyone',
    params: Type.Object({ build: Type.String({ maxLength: 400 }) }),
    reply: BuildDetail,
    errors: ['unknown_build'],
  },
  cancelBuild: {
    method: 'POST',
    path: '/builds/:id/cancel',
    summary: 'Cancel a build and all its tasks',
    demand: 'build',
    params: byId,
    body: Nothing,
    reply: Build,
    errors: ['unknown_build', 'build_over', 'not_owner'],
  },
  resubmitBuild: {
    method: 'POST',
    path: '/builds/:id/resubmit',
    summary: 'Build the same source with the same options again; on request only what failed',
    demand: 'build',
    params: byId,
    body: Type.Object({
      /** Goes on with the build: what was built stays where the buildroots are still what they were. */
      failed: Type.Optional(Type.Boolean()),
    }),
    reply: Build,
    errors: ['unknown_build', 'build_running', 'build_not_complete', 'nvr_exists', 'not_owner'],
  },
} as const satisfies Record<string, Route>;

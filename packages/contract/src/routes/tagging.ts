/** Which builds are in a tag. */
import { Type } from 'typebox';
import { Changed, TaggedBuild } from '../catalog.ts';
import { PackageName } from '../package-list.ts';
import type { Route } from '../route.ts';
import { Id, Name, Nullable, Page, PageQuery, Time } from '../shapes.ts';
import { byName, flag, past } from './params.ts';

/** Builds by number or name-version-release. */
const builds = Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { minItems: 1, maxItems: 1000 });
const taggingErrors = [
  'unknown_tag',
  'unknown_build',
  'build_not_complete',
  'not_owner',
  'forbidden',
  'tag_locked',
] as const;
const listErrors = ['package_not_listed', 'package_blocked', 'already_tagged'] as const;

export const taggingRoutes = {
  listTagged: {
    method: 'GET',
    path: '/tags/:name/builds',
    summary:
      'Builds in a tag, now or at a past change or time; inherited ones and the latest alone on request',
    demand: 'anyone',
    params: byName,
    query: Type.Object({
      inherit: flag,
      latest: flag,
      package: Type.Optional(PackageName),
      ...past,
    }),
    reply: Type.Object({ change: Type.Integer(), items: Type.Array(TaggedBuild) }),
    errors: ['unknown_tag', 'unknown_change', 'bad_request'],
  },
  tagBuilds: {
    method: 'POST',
    path: '/tags/:name/tag-builds',
    summary: 'Put builds into a tag, all in one change, the last of them the latest',
    demand: 'build',
    params: byName,
    body: Type.Object({ builds, force: flag }),
    reply: Changed,
    errors: [...taggingErrors, ...listErrors],
  },
  untagBuilds: {
    method: 'POST',
    path: '/tags/:name/untag-builds',
    summary: 'Take builds out of a tag, all in one change',
    demand: 'build',
    params: byName,
    body: Type.Object({ builds, force: flag }),
    reply: Changed,
    errors: [...taggingErrors, 'not_tagged'],
  },
  moveBuilds: {
    method: 'POST',
    path: '/tags/:name/move-builds',
    summary: 'Take builds out of a tag and put them into another, all in one change',
    demand: 'build',
    params: byName,
    body: Type.Object({ to: Name, builds, force: flag }),
    reply: Changed,
    errors: [...taggingErrors, ...listErrors, 'not_tagged'],
  },
  cloneTag: {
    method: 'POST',
    path: '/tags/:name/clone',
    summary: 'Make a tag that is as another is, or was at a past change; or make an existing one so',
    demand: 'admin',
    params: byName,
    body: Type.Object({
      to: Name,
      ...past,
      settings: flag,
      inheritance: flag,
      packages: flag,
      builds: flag,
      /** Of each package its latest build alone. */
      latest: flag,
      /** Builds and package lists that the tag inherits too. */
      inherit: flag,
      force: flag,
    }),
    reply: Changed,
    errors: [
      'unknown_tag',
      'unknown_change',
      'tag_locked',
      'inheritance_loop',
      'inheritance_too_wide',
      'bad_request',
    ],
  },
  swapTags: {
    method: 'POST',
    path: '/tags/:name/swap',
    summary: 'Let two tags exchange their builds and package lists, in one change',
    demand: 'admin',
    params: byName,
    body: Type.Object({ with: Name, force: flag }),
    reply: Changed,
    errors: ['unknown_tag', 'tag_locked', 'bad_request'],
  },
  listUntagged: {
    method: 'GET',
    path: '/untagged',
    summary: 'Complete builds that are in no tag, by number',
    demand: 'anyone',
    query: Type.Object({ ...PageQuery, package: Type.Optional(PackageName) }),
    reply: Page(
      Type.Object({
        build: Id,
        nvr: Type.String(),
        owner: Type.String(),
        endedAt: Nullable(Time),
      }),
    ),
    errors: [],
  },
} as const satisfies Record<string, Route>;

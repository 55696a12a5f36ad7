/** Tags and targets. */
import { Type } from 'typebox';
import { NewTag, NewTarget, Revision, Tag, TaggedBuild, Target } from '../catalog.ts';
import type { Route } from '../route.ts';
import { Arch, Count, Page, PageQuery } from '../shapes.ts';
import { byName, flag } from './params.ts';

export const catalogRoutes = {
  createTag: {
    method: 'POST',
    path: '/tags',
    summary: 'Add a tag',
    demand: 'admin',
    body: NewTag,
    reply: Tag,
    errors: ['tag_exists', 'unknown_tag', 'inheritance_loop', 'bad_name'],
  },
  listTags: {
    method: 'GET',
    path: '/tags',
    summary: 'All tags',
    demand: 'anyone',
    query: Type.Object(PageQuery),
    reply: Page(Tag),
    errors: [],
  },
  getTag: {
    method: 'GET',
    path: '/tags/:name',
    summary: 'A tag with its settings and inheritance',
    demand: 'anyone',
    params: byName,
    reply: Tag,
    errors: ['unknown_tag'],
  },
  listTagged: {
    method: 'GET',
    path: '/tags/:name/builds',
    summary: 'Builds in a tag, inherited ones on request, now or at a past change',
    demand: 'anyone',
    params: byName,
    query: Type.Object({ inherit: flag, change: Type.Optional(Count) }),
    reply: Type.Object({ change: Type.Integer(), items: Type.Array(TaggedBuild) }),
    errors: ['unknown_tag'],
  },
  listRevisions: {
    method: 'GET',
    path: '/tags/:name/revisions',
    summary: 'Repository revisions of a tag, newest first',
    demand: 'anyone',
    params: byName,
    query: Type.Object(PageQuery),
    reply: Page(Revision),
    errors: ['unknown_tag'],
  },
  createTarget: {
    method: 'POST',
    path: '/targets',
    summary: 'Add a target',
    demand: 'admin',
    body: NewTarget,
    reply: Target,
    errors: ['target_exists', 'unknown_tag'],
  },
  listTargets: {
    method: 'GET',
    path: '/targets',
    summary: 'All targets',
    demand: 'anyone',
    query: Type.Object(PageQuery),
    reply: Page(Target),
    errors: [],
  },
  getTarget: {
    method: 'GET',
    path: '/targets/:name',
    summary: 'A target',
    demand: 'anyone',
    params: byName,
    reply: Target,
    errors: ['unknown_target'],
  },
  mockConfig: {
    method: 'GET',
    path: '/targets/:name/root-order',
    summary: 'What a builder would be told of the buildroot of this target',
    demand: 'anyone',
    params: byName,
    query: Type.Object({ arch: Arch }),
    reply: Type.Record(Type.String(), Type.Unknown()),
    errors: ['unknown_target', 'unknown_arch'],
  },
} as const satisfies Record<string, Route>;

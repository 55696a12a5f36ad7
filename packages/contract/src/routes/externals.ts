/** External repositories, and the tags that merge them. */
import { Type } from 'typebox';
import { Changed } from '../catalog.ts';
import { Attachment, External, ExternalEdit, ExternalInfo, NewAttachment, NewExternal } from '../external.ts';
import type { Route } from '../route.ts';
import { Name, Nothing, Page, PageQuery } from '../shapes.ts';
import { byName, flag } from './params.ts';

export const externalRoutes = {
  listExternals: {
    method: 'GET',
    path: '/externals',
    summary: 'All external repositories',
    demand: 'anyone',
    query: Type.Object(PageQuery),
    reply: Page(External),
    errors: [],
  },
  getExternal: {
    method: 'GET',
    path: '/externals/:name',
    summary: 'An external repository: what is known of it, and what ails it',
    demand: 'anyone',
    params: byName,
    reply: ExternalInfo,
    errors: ['unknown_external'],
  },
  createExternal: {
    method: 'POST',
    path: '/externals',
    summary: 'Add an external repository',
    demand: 'admin',
    body: NewExternal,
    bodyLimit: 8 * 1024 * 1024,
    reply: External,
    errors: ['external_exists', 'bad_external', 'bad_key', 'secret_key'],
  },
  editExternal: {
    method: 'POST',
    path: '/externals/:name/edit',
    summary: 'Change where an external repository is and what is checked of it; it is looked at at once',
    demand: 'admin',
    params: byName,
    body: ExternalEdit,
    bodyLimit: 8 * 1024 * 1024,
    reply: External,
    errors: ['unknown_external', 'bad_external', 'bad_key', 'secret_key'],
  },
  removeExternal: {
    method: 'POST',
    path: '/externals/:name/remove',
    summary: 'Remove an external repository that no tag merges; what was fetched of it stays',
    demand: 'admin',
    params: byName,
    body: Nothing,
    reply: Nothing,
    errors: ['unknown_external', 'external_in_use'],
  },
  refreshExternal: {
    method: 'POST',
    path: '/externals/:name/refresh',
    summary: 'Look at an external repository now',
    demand: 'build',
    params: byName,
    body: Nothing,
    reply: Type.Object({ tasks: Type.Array(Type.Integer()) }),
    errors: ['unknown_external'],
  },
  listAttachments: {
    method: 'GET',
    path: '/tags/:name/externals',
    summary: 'The external repositories that a tag merges, in their order; inherited ones on request',
    demand: 'anyone',
    params: byName,
    query: Type.Object({ inherit: flag }),
    reply: Type.Object({ items: Type.Array(Attachment) }),
    errors: ['unknown_tag'],
  },
  attachExternal: {
    method: 'POST',
    path: '/tags/:name/externals',
    summary: 'Let a tag merge an external repository, or change how it does',
    demand: 'admin',
    params: byName,
    body: Type.Object({ ...NewAttachment.properties, force: flag }),
    reply: Changed,
    errors: ['unknown_tag', 'unknown_external', 'tag_locked'],
  },
  detachExternal: {
    method: 'POST',
    path: '/tags/:name/externals/remove',
    summary: 'Let a tag merge an external repository no more',
    demand: 'admin',
    params: byName,
    body: Type.Object({ external: Name, force: flag }),
    reply: Changed,
    errors: ['unknown_tag', 'unknown_external', 'not_attached', 'tag_locked'],
  },
} as const satisfies Record<string, Route>;

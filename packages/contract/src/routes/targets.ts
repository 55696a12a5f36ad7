/** Targets: what builds see, and where they go. */
import { Type } from 'typebox';
import { NewTarget, Target, TargetEdit } from '../catalog.ts';
import type { Route } from '../route.ts';
import { Nothing, Page, PageQuery } from '../shapes.ts';
import { byName } from './params.ts';

export const targetRoutes = {
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
    summary: 'A target, by its name or an alias',
    demand: 'anyone',
    params: byName,
    reply: Target,
    errors: ['unknown_target'],
  },
  editTarget: {
    method: 'POST',
    path: '/targets/:name/edit',
    summary: 'Change a target; builds that are running keep to what it is then',
    demand: 'admin',
    params: byName,
    body: TargetEdit,
    reply: Target,
    errors: ['unknown_target', 'unknown_tag', 'target_exists'],
  },
  removeTarget: {
    method: 'POST',
    path: '/targets/:name/remove',
    summary: 'Remove a target with its aliases; its builds stay',
    demand: 'admin',
    params: byName,
    body: Nothing,
    reply: Nothing,
    errors: ['unknown_target', 'target_in_use'],
  },
} as const satisfies Record<string, Route>;

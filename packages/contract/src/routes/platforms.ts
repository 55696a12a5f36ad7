/** Platforms and flavours. */
import { Type } from 'typebox';
import { Flavour, FlavourEdit, NewFlavour, NewPlatform, Platform, PlatformEdit } from '../platform.ts';
import type { Route } from '../route.ts';
import { Nothing, Page, PageQuery } from '../shapes.ts';
import { byName, past } from './params.ts';

const wrong = [
  'unknown_tag',
  'tag_exists',
  'tag_locked',
  'target_exists',
  'target_in_use',
  'unknown_external',
  'unknown_key',
  'unknown_flavour',
  'git_governed',
] as const;

export const platformRoutes = {
  createPlatform: {
    method: 'POST',
    path: '/platforms',
    summary: 'Add a platform with its tags and targets; the same one again changes nothing',
    demand: 'admin',
    body: NewPlatform,
    reply: Platform,
    errors: [...wrong, 'platform_exists', 'inheritance_loop', 'bad_name'],
  },
  listPlatforms: {
    method: 'GET',
    path: '/platforms',
    summary: 'All platforms',
    demand: 'anyone',
    query: Type.Object(PageQuery),
    reply: Page(Platform),
    errors: [],
  },
  getPlatform: {
    method: 'GET',
    path: '/platforms/:name',
    summary: 'A platform, as it is or as it was at a change',
    demand: 'anyone',
    params: byName,
    query: Type.Object(past),
    reply: Platform,
    errors: ['unknown_platform', 'unknown_change'],
  },
  editPlatform: {
    method: 'POST',
    path: '/platforms/:name/edit',
    summary: 'Change what a platform says, and what follows from it',
    demand: 'admin',
    params: byName,
    body: PlatformEdit,
    reply: Platform,
    errors: [...wrong, 'unknown_platform', 'inheritance_loop'],
  },
  removePlatform: {
    method: 'POST',
    path: '/platforms/:name/remove',
    summary:
      'Remove a platform with its targets; its build and destination tags stay, with what they say themselves',
    demand: 'admin',
    params: byName,
    body: Nothing,
    reply: Nothing,
    errors: ['unknown_platform', 'target_in_use', 'tag_in_use', 'git_governed'],
  },
  createFlavour: {
    method: 'POST',
    path: '/flavours',
    summary: 'Add a flavour; the same one again changes nothing',
    demand: 'admin',
    body: NewFlavour,
    reply: Flavour,
    errors: ['flavour_exists', 'tag_exists', 'unknown_external', 'git_governed', 'bad_name'],
  },
  listFlavours: {
    method: 'GET',
    path: '/flavours',
    summary: 'All flavours',
    demand: 'anyone',
    query: Type.Object(PageQuery),
    reply: Page(Flavour),
    errors: [],
  },
  editFlavour: {
    method: 'POST',
    path: '/flavours/:name/edit',
    summary: 'Change what a flavour says; builds that are running see its repository as it was',
    demand: 'admin',
    params: byName,
    body: FlavourEdit,
    reply: Flavour,
    errors: ['unknown_flavour', 'unknown_external', 'git_governed'],
  },
  removeFlavour: {
    method: 'POST',
    path: '/flavours/:name/remove',
    summary: 'Remove a flavour that no platform allows and no running build uses',
    demand: 'admin',
    params: byName,
    body: Nothing,
    reply: Nothing,
    errors: ['unknown_flavour', 'flavour_in_use', 'git_governed'],
  },
} as const satisfies Record<string, Route>;

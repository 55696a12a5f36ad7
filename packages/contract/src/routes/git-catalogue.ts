/** The git catalogue. */
import { Type } from 'typebox';
import { CatalogueInfo, CatalogueSource, CatalogueSynced } from '../git-catalogue.ts';
import type { Route } from '../route.ts';
import { Nothing } from '../shapes.ts';
import { flag } from './params.ts';

export const gitCatalogueRoutes = {
  getCatalogue: {
    method: 'GET',
    path: '/catalogue',
    summary: 'Where the git catalogue is, which commit of it is in force, and what is wrong with a later one',
    demand: 'anyone',
    reply: CatalogueInfo,
    errors: [],
  },
  setCatalogue: {
    method: 'POST',
    path: '/catalogue',
    summary: 'Say where the git catalogue is; nothing is taken over before it is synchronised',
    demand: 'admin',
    body: CatalogueSource,
    reply: CatalogueInfo,
    errors: [],
  },
  unsetCatalogue: {
    method: 'POST',
    path: '/catalogue/unset',
    summary: 'Have no git catalogue any more; what it said stays and is changed by hand from now on',
    demand: 'admin',
    body: Nothing,
    reply: CatalogueInfo,
    errors: ['catalogue_unset'],
  },
  syncCatalogue: {
    method: 'POST',
    path: '/catalogue/sync',
    summary: 'Take over what the newest commit of the git catalogue says, or show what would change',
    demand: 'admin',
    body: Type.Object({ dryRun: flag }),
    reply: CatalogueSynced,
    errors: ['catalogue_unset', 'catalogue_unreachable', 'catalogue_wrong'],
  },
} as const satisfies Record<string, Route>;

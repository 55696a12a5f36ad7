export {
  edges,
  findTag,
  findTarget,
  listTags,
  lockCatalogue,
  newestChange,
  type TagFacts,
  type TargetFacts,
  tagsById,
  tagsOfBuild,
} from './queries.ts';
export { catalogRoutes } from './routes.ts';
export { packageSettings, rootArches } from './settings.ts';
export {
  addTag,
  addTarget,
  ancestors,
  contentAt,
  editTag,
  isAncestor,
  requireTag,
  requireTarget,
  settingsOf,
  tagBuild,
} from './tags.ts';

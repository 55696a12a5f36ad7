export type { OnAltered } from './altered.ts';
export { blockedAt } from './blocked.ts';
export {
  type Bundle,
  buildsWithFlavour,
  endBundle,
  findBundle,
  listBundles,
  platformsAllowing,
  putBundle,
} from './bundle-queries.ts';
export { makeBundleTag, placeTargets, platformSettings, sayBundleTag } from './bundles.ts';
export { changedPackages, contentAt, contentOf, listedAt } from './content.ts';
export { tagsOfBuild } from './content-queries.ts';
export { requireFlavours, settingsWith } from './flavours.ts';
export { endGitTag, gitTags, putGitTag } from './git-queries.ts';
export { requireOwn } from './governed.ts';
export { inheritanceOrder, inheritors, settingsOrder } from './inheritance.ts';
export { saidOf } from './links.ts';
export { requireChange, requireTag, requireUnlocked } from './look-up.ts';
export { extraArches } from './package-lists.ts';
export {
  beginChange,
  edges,
  findTag,
  listTags,
  lockCatalogue,
  newestChange,
  newestOf,
  replaceSettings,
  type TagFacts,
  tagsById,
} from './queries.ts';
export { catalogRoutes } from './routes.ts';
export {
  effectiveSettings,
  type OwnSettings,
  packageSettings,
  rootArches,
  rootSettings,
} from './settings.ts';
export { endSide, freeSideName, markSide, sweepSideTags } from './side-tags.ts';
export { ancestors, isAncestor, lineageOf, settingsOf } from './sight.ts';
export { requireOpen, tagBuild, tagBuilds } from './tagging.ts';
export { addTag, dropTag, editTag, requireUnused } from './tags.ts';
export { findTarget, type TargetFacts } from './target-queries.ts';
export { addTarget, requireTarget } from './targets.ts';

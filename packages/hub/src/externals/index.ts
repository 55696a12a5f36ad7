export type { Own as OwnPackage } from './choose.ts';
export { externalKind } from './external-task.ts';
export { ExternalFiles } from './files.ts';
export { Lookers } from './lookers.ts';
export { isChangeOf, type Merged, mergedChange, mergedWhole, type OwnTree, snapshotsFor } from './merging.ts';
export { keepMerged } from './merging-queries.ts';
export { mergedBefore, recordsFor } from './records.ts';
export { externalRoutes } from './routes.ts';
export { firstSnapshots, lookAgain } from './schedule.ts';

/** rpm-md metadata: making it for a folder of packages, and reading it with distrust. */
export type { Capability } from './capability.ts';
export { type ClosedPackage, Closure } from './closure.ts';
export { cut, type Run, type RunLimits, runLimits } from './compose/cut.ts';
export {
  type DocumentKind,
  documentHead,
  documentKinds,
  documentTail,
  type Entries,
  type ExtendedKind,
  extendedKinds,
} from './compose/document.ts';
export { Folder } from './compose/folder.ts';
export { compareMembers, type Member, type Place } from './compose/member.ts';
export { type Compression, gzip, pack, packRun, runKey, suffixOf, zstd } from './compose/pack.ts';
export { type Change, type KnownRun, type NewRun, type Recut, recut } from './compose/recut.ts';
export {
  composeRepository,
  type ExtraRecord,
  type RepositoryOrder,
  recordOf,
  type Sink,
} from './compose/repository.ts';
export { type RepomdTags, type WrittenRecord, writeRepomd } from './compose/root.ts';
export { RepodataError, type RepodataErrorCode } from './errors.ts';
export { type FilelistsLimits, type FoundPaths, readFilelists } from './filelists.ts';
export type { FormatLimits } from './format.ts';
export { decodeExtended, decodeFragment, encodeExtended, encodeFragment } from './fragment/encoded.ts';
export { entries, type PackageEntries, type Placement } from './fragment/entries.ts';
export { type Fragment, type FragmentOptions, fragmentOf } from './fragment/fragment.ts';
export { encodeOutside, isOutside, outsideDigest, outsideEntries } from './outside/kept.ts';
export {
  Merge,
  type Mergeable,
  type Mergeables,
  type MergeMode,
  type MergeOptions,
  mergeRepositories,
  SourceIndex,
} from './outside/merge.ts';
export {
  memberOf,
  type OutsideFacts,
  type OutsidePackage,
  type OutsidePrimary,
  rebase,
} from './outside/package.ts';
export { unpackForeign } from './outside/packed.ts';
export {
  type OutsideDocuments,
  type OutsideLimits,
  readOutside,
  readOutsidePrimary,
} from './outside/pair.ts';
export { type PrimaryPackage, readPrimary } from './primary.ts';
export type { Provider } from './provider.ts';
export { Providers } from './providers.ts';
export { type ProvidingPackage, type RequiringPackage, readProvides, readRequires } from './provides.ts';
export { type Comps, type CompsGroup, type CompsPackage, compsRecord, readComps } from './records/comps.ts';
export { extraRecord, productidRecord } from './records/extra.ts';
export { type ModuleDocument, readModuleDocuments } from './records/module-document.ts';
export { mergeModules, modulesRecord } from './records/modules.ts';
export {
  narrowed,
  type Update,
  type UpdateCollection,
  type UpdateModule,
  type UpdatePackage,
  type UpdateReference,
  Updates,
} from './records/update.ts';
export { updateinfoRecord, writeUpdateinfo } from './records/updateinfo.ts';
export { readUpdateinfo, type UpdateinfoLimits } from './records/updateinfo-reader.ts';
export { type Repomd, type RepomdRecord, readRepomd } from './repomd.ts';
export { namesIn, ownText, type Requirement, Requirements } from './requirement.ts';
export { sonameOf } from './soname.ts';
export { UnknownPaths } from './unknown-paths.ts';
export { Visible } from './visible.ts';
export { XmlReader } from './xml.ts';

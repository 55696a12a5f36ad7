/** rpm-md metadata: making it for a folder of packages, and reading it with distrust. */
export type { Capability } from './capability.ts';
export { type ClosedPackage, Closure } from './closure.ts';
export { Createrepo } from './createrepo.ts';
export { RepodataError, type RepodataErrorCode } from './errors.ts';
export { type FilelistsLimits, type FoundPaths, readFilelists } from './filelists.ts';
export type { FormatLimits } from './format.ts';
export type { MetadataFile, MetadataMaker, MetadataOrder } from './maker.ts';
export { type PrimaryPackage, readPrimary } from './primary.ts';
export type { Provider } from './provider.ts';
export { Providers } from './providers.ts';
export { type ProvidingPackage, type RequiringPackage, readProvides, readRequires } from './provides.ts';
export { type Repomd, type RepomdRecord, readRepomd } from './repomd.ts';
export { namesIn, ownText, type Requirement, Requirements } from './requirement.ts';
export { sonameOf } from './soname.ts';
export { UnknownPaths } from './unknown-paths.ts';
export { Visible } from './visible.ts';

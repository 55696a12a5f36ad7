/** rpm-md metadata: making it for a folder of packages, and reading it with distrust. */
export { Createrepo } from './createrepo.ts';
export { RepodataError, type RepodataErrorCode } from './errors.ts';
export type { MetadataFile, MetadataMaker, MetadataOrder } from './maker.ts';
export { type PrimaryPackage, readPrimary } from './primary.ts';
export type { Provider } from './provider.ts';
export { Providers } from './providers.ts';
export { type Provide, type ProvidesLimits, type ProvidingPackage, readProvides } from './provides.ts';
export { type Repomd, type RepomdRecord, readRepomd } from './repomd.ts';

/** The RPM file format: headers, names, version order, dependencies, digests and signatures. Only node: is imported. */

export { disagreements } from './agreement.ts';
export { type Bumped, bumpRelease } from './bump.ts';
export type { Change } from './changelogentry.ts';
export { type DependencyEntry, type DependencyKind, listDependencies } from './dependencies.ts';
export {
  checkNesting,
  type Dependency,
  formatDependency,
  formatEntry,
  type RichDependency,
  type SimpleDependency,
  toEntry,
} from './dependency.ts';
export { fromEntry, parseDependencies, parseDependency, tryParseDependency } from './dependencyparser.ts';
export {
  type DigestCheck,
  headerDigests,
  PayloadDigest,
  payloadDigests,
  type StatedDigest,
  verifyHeaderDigest,
  verifyPayloadDigest,
} from './digest.ts';
export { RpmError, type RpmErrorCode } from './errors.ts';
export { compareEvr, type Evr, formatEvr, type Order, parseEvr, rpmvercmp } from './evr.ts';
export { FILE_FLAG, listFiles, type RpmFile } from './files.ts';
export {
  changeFront,
  type FileSignatures,
  type Front,
  joinFront,
  keptSignature,
  type NewSignature,
  type SignatureChange,
} from './front.ts';
export type { Header } from './header.ts';
export { type Parsed, parseHeaders, type RpmHeaders, readHeaders } from './headers.ts';
export type { Lead } from './lead.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export {
  checkFileName,
  checkNevra,
  checkNvr,
  formatFileName,
  formatNevra,
  formatNvr,
  type Nevra,
  type Nvr,
  parseNevra,
  parseNvr,
} from './nevra.ts';
export {
  type ChangelogEntry,
  describe,
  isSourcePackage,
  type Payload,
  type Rpm,
  type Sizes,
} from './package.ts';
export { readPieces } from './pieces.ts';
export { overlap, rangeOf, type VersionRange } from './range.ts';
export { requirementsOf } from './requirements.ts';
export { flagsOf, isPreRequire, isRpmlib, type Operator, operatorOf, parseOperator, SENSE } from './sense.ts';
export { listSignatures, type Signature } from './signature.ts';
export { digestSplice, type SpliceDigest } from './splice.ts';
export { SIGTAG, TAG, type Tag } from './tags.ts';
export { FileCheck, type FileVerdict, headerCoversPayload } from './wholefile.ts';

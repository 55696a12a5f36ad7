/**
 * Whether what a builder brought may become part of a build.
 *
 * Invariant: a builder is a stranger with a lease. A package is let in only if its file is in the store with the hash
 * and size that were said, its headers are sound, its SOURCERPM names the source package rebuilt in the same task, its
 * architecture is the task's own or noarch, and its NEVRA occurs once.
 */
import type { PackageResult, UploadedFile } from '@moromi/contract';
import { checkFileName, formatNevra, formatNvr, type Rpm, RpmError, requirementsOf } from '@moromi/rpm';
import { type BlobStore, missingBlobs } from '../blobs/index.ts';
import type { Reader } from '../ledger/index.ts';
import { Refusal } from '../tasks/index.ts';
import { readPackage } from './package-file.ts';
import type { RpmRow } from './queries.ts';

export interface AcceptedSource {
  row: RpmRow;
  nvr: { nvr: string; name: string; epoch: number | null; version: string; release: string };
  arches: { buildArchs: readonly string[]; exclusiveArch: readonly string[]; excludeArch: readonly string[] };
  /** As rpm shows them, without what is rpm's own business. */
  requires: string[];
}

export interface AcceptedPackages {
  source: AcceptedSource;
  rpms: RpmRow[];
  installed: PackageResult['installed'];
  /** NEVRAs that another architecture brought too, and that were found to be the same. */
  agreed: ReadonlySet<string>;
}

/** Headers are read by so many at once. */
const atOnce = 8;

export async function acceptPackages(
  reader: Reader,
  store: BlobStore,
  task: { kind: string; arch: string | null; request?: unknown },
  result: PackageResult,
): Promise<AcceptedPackages> {
  const missing = await missingBlobs(reader, [result.srpm, ...result.rpms]);
  if (missing.length > 0)
    throw new Refusal(
      'not_uploaded',
      `${missing.length} of the files named in the result are not in the store with that size: ${missing[0]}`,
      'infrastructure',
    );
  const source = await acceptSource(store, result.srpm);
  const rpms: RpmRow[] = [];
  const arch = (task.request as { target?: string } | undefined)?.target ?? task.arch;
  for (let from = 0; from < result.rpms.length; from += atOnce) {
    const batch = result.rpms.slice(from, from + atOnce);
    rpms.push(...(await Promise.all(batch.map((file) => acceptBinary(store, file, result.srpm.name, arch)))));
  }
  if (task.kind === 'build' && rpms.length === 0)
    throw new Refusal(
      'nothing_built',
      'the build made no binary package: its spec has no %files section for this architecture',
    );
  if (task.kind === 'srpm' && rpms.length > 0)
    throw new Refusal('unexpected_packages', 'a task that makes a source package brought binary ones');
  const seen = new Set<string>();
  for (const { nevra } of rpms) {
    if (seen.has(nevra)) throw new Refusal('duplicate_nevra', `${nevra} was made twice in one task`);
    seen.add(nevra);
  }
  return { source, rpms, installed: result.installed, agreed: new Set() };
}

async function acceptSource(store: BlobStore, file: UploadedFile): Promise<AcceptedSource> {
  const rpm = await open(store, file);
  if (!rpm.isSource) throw new Refusal('not_a_source_rpm', `${file.name} is not a source package`);
  const { name, epoch, version, release, buildArchs, exclusiveArch, excludeArch } = rpm;
  return {
    row: toRow(rpm, file),
    nvr: { nvr: formatNvr(rpm), name, epoch, version, release },
    arches: { buildArchs, exclusiveArch, excludeArch },
    requires: requirementsOf(rpm),
  };
}

async function acceptBinary(
  store: BlobStore,
  file: UploadedFile,
  srpm: string,
  arch: string | null,
): Promise<RpmRow> {
  const rpm = await open(store, file);
  if (rpm.isSource)
    throw new Refusal('foreign_package', `${file.name} is a source package among the binary ones`);
  if (rpm.sourceRpm !== srpm)
    throw new Refusal('foreign_package', `${file.name} was built from ${rpm.sourceRpm} and not from ${srpm}`);
  if (rpm.arch !== 'noarch' && rpm.arch !== arch)
    throw new Refusal('foreign_arch', `${file.name} is for ${rpm.arch}, and the task was for ${arch}`);
  return toRow(rpm, file);
}

async function open(store: BlobStore, file: UploadedFile): Promise<Rpm> {
  try {
    const rpm = await readPackage(store, file.sha256);
    checkFileName(file.name, rpm);
    return rpm;
  } catch (error) {
    if (error instanceof RpmError) throw new Refusal('package_damaged', `${file.name}: ${error.message}`);
    throw error;
  }
}

function toRow(rpm: Rpm, file: UploadedFile): RpmRow {
  return {
    nevra: formatNevra(rpm),
    name: rpm.name,
    epoch: rpm.epoch,
    version: rpm.version,
    release: rpm.release,
    arch: rpm.arch,
    file_name: file.name,
    source_rpm: rpm.sourceRpm,
    sha256: file.sha256,
    size: file.size,
    header_start: rpm.headerRange.start,
    header_end: rpm.headerRange.end,
  };
}

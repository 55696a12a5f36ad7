/** Keys and signatures in the contract's form. */
import type { BuildSigning, RpmInfo, Signing, SigningKey } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import { type KeyFacts, usesOfKeys } from './key-queries.ts';
import { listPairs, type PairFacts, type RpmFacts } from './shown-queries.ts';

export async function showKeys(
  reader: Reader,
  keys: readonly KeyFacts[],
  url: string,
): Promise<SigningKey[]> {
  const uses = await usesOfKeys(
    reader,
    keys.map((one) => one.id),
  );
  return keys.map((key) => {
    const use = uses.get(key.id);
    return {
      name: key.name,
      fingerprint: key.fingerprint,
      keyId: key.keyId,
      algorithm: key.algorithm,
      state: key.state,
      createdAt: key.madeAt.toISOString(),
      expiresAt: key.expiresAt?.toISOString() ?? null,
      expired: key.expired,
      offline: key.offline,
      backend: key.backend,
      successor: key.successor,
      addedAt: key.addedAt.toISOString(),
      addedBy: key.addedBy,
      revokedAt: key.revokedAt?.toISOString() ?? null,
      reason: key.reason,
      signers: use?.signers ?? [],
      tags: use?.tags ?? [],
      signed: use?.signed ?? 0,
      waiting: use?.waiting ?? 0,
      url: `${url}/api/v1/keys/${encodeURIComponent(key.name)}/public`,
    };
  });
}

export function showPair(pair: PairFacts, url: string): Signing {
  const { signedSha256: sha256, signedSize: size } = pair;
  return {
    nevra: pair.nevra,
    name: pair.name,
    arch: pair.arch,
    build: pair.build,
    nvr: pair.nvr,
    key: pair.keyName,
    keyId: pair.keyId,
    form: pair.form,
    tag: pair.tag,
    state: pair.state,
    task: pair.task,
    signer: pair.signer,
    askedAt: pair.askedAt.toISOString(),
    endedAt: pair.endedAt?.toISOString() ?? null,
    failure: pair.failure,
    unsigned: { sha256: pair.sha256, size: pair.size },
    signed: sha256 === null || size === null ? null : { sha256, size, url: `${url}/api/v1/blobs/${sha256}` },
  };
}

/** More packages than any build has. */
const mostOfBuild = 10_000;

export async function showBuildSigning(
  reader: Reader,
  build: { id: number; nvr: string | null },
  url: string,
): Promise<BuildSigning> {
  const pairs = await listPairs(reader, { build: build.id, limit: mostOfBuild });
  return {
    build: build.id,
    nvr: build.nvr,
    state: stateOf(pairs),
    items: pairs.toReversed().map((one) => showPair(one, url)),
  };
}

/** A key that signs nothing new any more is not waited for. */
export function stateOf(pairs: readonly Pick<PairFacts, 'state' | 'current'>[]): BuildSigning['state'] {
  const states = new Set(pairs.flatMap((one) => (one.current || one.state === 'signed' ? [one.state] : [])));
  if (states.size === 0) return 'none';
  if ((['waiting', 'refused', 'failed', 'canceled'] as const).some((one) => states.has(one)))
    return 'needsign';
  return states.has('finished') ? 'finished' : 'signed';
}

export async function showRpm(reader: Reader, rpm: RpmFacts, url: string): Promise<RpmInfo> {
  const pairs = await listPairs(reader, { rpm: rpm.id, limit: mostOfBuild });
  const { id: _, ...rest } = rpm;
  return {
    ...rest,
    url: `${url}/api/v1/blobs/${rpm.sha256}`,
    signings: pairs.map((one) => showPair(one, url)),
  };
}

/** Snapshots of an external repository of realistic packages, without a repository anywhere. */
import {
  documentHead,
  documentKinds,
  documentTail,
  type OutsidePackage,
  readOutside,
} from '@moromi/repodata';
import type { RealisticPackage } from '../../../../repodata/src/testing/realistic.ts';
import type { Ledger } from '../../ledger/index.ts';
import { definitionOf } from '../attached.ts';
import { keepSnapshot } from '../keep.ts';
import { archesOf, insertArch, insertExternal, setChecked } from '../queries.ts';

/** The packages as they are read from a repository that has them. */
export function asOutside(
  packages: readonly RealisticPackage[],
): AsyncGenerator<OutsidePackage, void, undefined> {
  const [primary, filelists, other] = documentKinds.map((kind) => {
    return async function* (): AsyncGenerator<Uint8Array> {
      yield documentHead(kind, packages.length);
      for (const one of packages) yield one.entries[kind];
      yield documentTail(kind);
    };
  });
  if (primary === undefined || filelists === undefined || other === undefined) throw new Error('unreachable');
  return readOutside({ primary: primary(), filelists: filelists(), other: other() });
}

/** Adds an external repository, the same for all architectures. */
export async function stockExternal(ledger: Ledger, name: string): Promise<number> {
  return await ledger.tx('test', async (tx) => {
    const id = await insertExternal(tx, name, definitionOf({ url: `http://${name}.invalid/` }), 'test');
    if (id === undefined) throw new Error(`there is ${name} already`);
    await insertArch(tx, id, '');
    return id;
  });
}

/** Lets it have these packages from now on. */
export async function stockSnapshot(
  ledger: Ledger,
  external: number,
  name: string,
  packages: readonly RealisticPackage[],
): Promise<void> {
  const [facts] = await archesOf(ledger.read, [external]);
  const current = facts?.snapshot ?? null;
  const repomd = String((current?.number ?? 0) + 1).padStart(64, '0');
  const about = { repomd, revision: '1', mirror: `http://${name}.invalid/`, records: [] };
  const kept = await keepSnapshot(
    ledger.read,
    { external, name, arch: '', current },
    about,
    asOutside(packages),
  );
  await ledger.tx('test', (tx) =>
    setChecked(tx, { external, arch: '', snapshot: kept.id, mirrors: [], known: null, again: null }),
  );
}

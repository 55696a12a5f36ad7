/**
 * Records of repomd.xml beside primary, filelists and other: a name, and bytes that this package does not look into, as
 * `modifyrepo_c` adds them.
 *
 * Invariant: the same bytes under the same name give the same record.
 */
import { extendedKinds } from '../compose/document.ts';
import { type Compression, gzip, pack, suffixOf } from '../compose/pack.ts';
import type { ExtraRecord } from '../compose/repository.ts';
import { RepodataError, shown } from '../errors.ts';

/** Those that are made of the packages. */
const taken: ReadonlySet<string> = new Set(extendedKinds);

/**
 * @param type as clients ask for it: `group`, `productid`, …
 * @param fileName how the file's name ends, unpacked: `comps.xml`
 * @param compression null: stored as it is
 * Throws `RepodataError` damaged where type or name is none.
 */
export function extraRecord(
  type: string,
  fileName: string,
  plain: Buffer,
  compression: Compression | null = gzip,
): ExtraRecord {
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(type) || taken.has(type))
    throw new RepodataError('damaged', `${shown(type)} cannot be the type of an extra record.`);
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(fileName) || fileName.includes('..'))
    throw new RepodataError('damaged', `${shown(fileName)} cannot be the name of an extra record's file.`);
  if (compression === null) return { type, fileName, plain, packed: plain };
  return { type, fileName: `${fileName}${suffixOf(compression)}`, plain, packed: pack(plain, compression) };
}

/**
 * The certificate of the product that the repository is part of, which subscription-manager reads.
 * @param certificate PEM
 */
export function productidRecord(certificate: Buffer): ExtraRecord {
  const text = certificate.toString('latin1');
  if (!text.includes('-----BEGIN CERTIFICATE-----') || !text.includes('-----END CERTIFICATE-----'))
    throw new RepodataError('damaged', 'The product id is no certificate in PEM form.');
  return extraRecord('productid', 'productid', certificate, null);
}

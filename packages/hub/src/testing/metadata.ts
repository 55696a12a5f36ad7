/** The least metadata that is whole: repomd.xml and primary, written by hand so that tests can tamper with it. */
import { gzipSync } from 'node:zlib';
import { type Sample, sampleOf } from './samples.ts';

export interface Listed {
  name: string;
  sha256: string;
  size: number;
}

export function makeMetadata(packages: readonly Listed[]): Sample[] {
  const entries = packages.map((one) => {
    const [, name = '', version = '', release = '', arch = ''] =
      /^(.+)-([^-]+)-([^-]+)\.([^.]+)\.rpm$/.exec(one.name) ?? [];
    return `<package type="rpm"><name>${name}</name><arch>${arch}</arch>
<version epoch="0" ver="${version}" rel="${release}"/><checksum type="sha256" pkgid="YES">${one.sha256}</checksum>
<size package="${one.size}" installed="0" archive="0"/><location href="Packages/${one.name}"/></package>`;
  });
  return wrap(`<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" packages="${packages.length}">${entries.join('\n')}</metadata>\n`);
}

/** repomd.xml over a primary of any content. */
export function wrap(primary: string): Sample[] {
  const packed = gzipSync(primary);
  const { sha256 } = sampleOf('', packed);
  const file = sampleOf(`${sha256}-primary.xml.gz`, packed);
  const open = sampleOf('', Buffer.from(primary));
  const repomd = `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>
<data type="primary"><checksum type="sha256">${sha256}</checksum><open-checksum type="sha256">${open.sha256}</open-checksum>
<location href="repodata/${file.name}"/><timestamp>1</timestamp><size>${packed.length}</size><open-size>${open.bytes.length}</open-size></data>
</repomd>\n`;
  return [sampleOf('repomd.xml', Buffer.from(repomd)), file];
}

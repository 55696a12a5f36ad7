/** What dnf's library understands of a repository's three documents, field by field. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readRepomd } from '../repomd.ts';

const execute = promisify(execFile);

const program = `
import hawkey, json, sys, tempfile, warnings
warnings.simplefilter('ignore')
paths = json.loads(sys.argv[1])
with tempfile.TemporaryDirectory() as cache:
    sack = hawkey.Sack(make_cache_dir=False, cachedir=cache)
    repo = hawkey.Repo('test')
    repo.repomd_fn, repo.primary_fn = paths['repomd'], paths['primary']
    repo.filelists_fn, repo.other_fn = paths['filelists'], paths['other']
    sack.load_repo(repo, build_cache=False, load_filelists=True, load_other=True)
    def said(p):
        return {
            'name': str(p), 'location': p.location, 'base': p.baseurl, 'summary': p.summary,
            'description': p.description, 'license': p.license, 'url': p.url, 'packager': p.packager,
            'source': p.sourcerpm, 'checksum': [p.chksum[0], p.chksum[1].hex()],
            'sizes': [p.downloadsize, p.installsize, p.hdr_end], 'built': p.buildtime,
            'provides': [str(r) for r in p.provides], 'requires': [str(r) for r in p.requires],
            'recommends': [str(r) for r in p.recommends], 'files': p.files,
            'changelogs': [[c['author'], c['text'], c['timestamp'].isoformat()] for c in p.changelogs],
        }
    found = [said(p) for p in hawkey.Query(sack)]
print(json.dumps(sorted(found, key=lambda p: (p['name'], p['checksum'], p['base'] or ''))))
`;

export interface Understood {
  /** `name-[epoch:]version-release.arch` */
  name: string;
  location: string;
  base: string | null;
  checksum: [type: number, hex: string];
  files: string[];
  [field: string]: unknown;
}

/** @param folder that holds `repodata/` */
export async function understood(folder: string): Promise<Understood[]> {
  const repomd = join(folder, 'repodata', 'repomd.xml');
  const paths: Record<string, string> = { repomd };
  for (const { type, href } of readRepomd(await readFile(repomd)).records) paths[type] = join(folder, href);
  const { stdout } = await execute('/usr/bin/python3', ['-c', program, JSON.stringify(paths)], {
    timeout: 120_000,
    maxBuffer: 512 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}

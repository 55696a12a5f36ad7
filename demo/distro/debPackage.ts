/** A .deb file: its control fields, and its files laid out as this distribution has them. */
import { chmod, lstat, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ALTERNATIVES } from './alternatives.ts';
import { entriesOf, mergeInto } from './fileTree.ts';
import { runTool } from './tool.ts';

const MERGED = ['bin', 'sbin', 'lib', 'lib64', 'lib32', 'libx32'];

/** What a buildroot can do without, and what the package `demo-release` has of its own. */
const PRUNED = [
  ...['bug', 'doc', 'doc-base', 'info', 'lintian', 'locale', 'man'].map((name) => `usr/share/${name}`),
  ...['etc/os-release', 'usr/lib/os-release', 'etc/issue', 'etc/issue.net', 'etc/debian_version'],
];

export type UnpackedDeb = {
  fields: Record<string, string>;
  configs: Set<string>;
  /** The paths that were moved into /usr, as they were. */
  merged: string[];
};

/** Unpacks into `root`, which must not exist; scripts are not run. @param work a folder for the control files. */
export async function unpackDeb(
  file: string,
  root: string,
  work: string,
  signal?: AbortSignal,
): Promise<UnpackedDeb> {
  const control = join(work, 'control');
  await runTool('dpkg-deb', ['--control', file, control], { signal });
  const fields = controlFields(await readFile(join(control, 'control'), 'utf8'));
  const conffiles = await readFile(join(control, 'conffiles'), 'utf8').catch(() => '');
  await rm(control, { recursive: true });
  await mkdir(root);
  const excludes = PRUNED.map((path) => `--exclude=./${path}`);
  const tar = [
    '--extract',
    '--preserve-permissions',
    '--anchored',
    '--no-wildcards',
    ...excludes,
    `--directory=${root}`,
  ];
  await runTool('tar', tar, { from: ['dpkg-deb', '--fsys-tarfile', file], signal });
  await chmod(root, 0o755);
  await makeAlternatives(root, fields['Package'] ?? '');
  const merged = await mergeUsr(root);
  return { fields, configs: new Set(conffiles.split(/\s+/)), merged };
}

/** Fields of one paragraph (deb-control(5)); only the first line of each, which is all that is needed here. */
export function controlFields(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^([A-Za-z-]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) fields[name] = value ?? '';
  }
  return fields;
}

async function makeAlternatives(root: string, name: string): Promise<void> {
  for (const [link, target] of Object.entries(ALTERNATIVES[name] ?? {})) {
    if (await lstat(root + link).catch(() => undefined)) continue;
    await mkdir(dirname(root + link), { recursive: true });
    await symlink(target, root + link);
  }
}

async function mergeUsr(root: string): Promise<string[]> {
  const merged: string[] = [];
  for (const name of MERGED) {
    const top = join(root, name);
    const stats = await lstat(top).catch(() => undefined);
    if (stats?.isSymbolicLink()) await rm(top);
    else if (stats?.isDirectory()) {
      for (const entry of await entriesOf(root, `/${name}`)) merged.push(entry.path);
      await mergeInto(top, join(root, 'usr', name));
    }
  }
  return merged;
}

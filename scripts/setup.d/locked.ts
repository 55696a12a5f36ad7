/** Holds what npm has installed to package-lock.json: the same versions, and the same bytes by their hashes. */
import { readFileSync } from 'node:fs';

type Entry = { version?: string; integrity?: string; link?: boolean };
type Lock = { packages: Record<string, Entry> };

const read = (path: string): Lock => JSON.parse(readFileSync(path, 'utf8'));
const wanted = read('package-lock.json').packages;
const installed = read('node_modules/.package-lock.json').packages;

const others = Object.entries(installed).filter(([path, { version, integrity, link }]) => {
  const entry = wanted[path];
  return (
    !link &&
    path.startsWith('node_modules/') &&
    (entry?.version !== version || entry?.integrity !== integrity)
  );
});
for (const [path, { version }] of others)
  console.error(`${path} ${version}: the lockfile has ${wanted[path]?.version ?? 'none'}`);
process.exit(others.length === 0 ? 0 : 1);

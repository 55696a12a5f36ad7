/**
 * node demo/distro/main.ts [--arch x86_64|i686|aarch64]… [--out DIR] [--refresh] [--json]
 *
 * Makes the small distribution for each architecture, or finds it made, and prints where its repository is.
 * DIR gets one folder per architecture, with the newest under DIR/ARCH/current/repo.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isArch } from './arch.ts';
import { makeDistro } from './distro.ts';
import { distroCacheFolder } from './distroCache.ts';

const USAGE =
  'usage: node demo/distro/main.ts [--arch x86_64|i686|aarch64]… [--out DIR] [--refresh] [--json]';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', multiple: true, default: ['x86_64'] },
      out: { type: 'string' },
      refresh: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  const out = values.out ?? distroCacheFolder();
  const arches = values.arch.map((name) => {
    if (!isArch(name)) throw new Error(`there is no architecture ${name} here\n${USAGE}`);
    return name;
  });
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const wish = { progress, refresh: values.refresh, signal: stop.signal };
  const made = await Promise.all(arches.map((arch) => makeDistro({ ...wish, arch, dir: join(out, arch) })));
  if (values.json) process.stdout.write(`${JSON.stringify(made)}\n`);
  else for (const { arch, repo, rpms } of made) process.stdout.write(`${arch}: ${rpms} RPMs, ${repo}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

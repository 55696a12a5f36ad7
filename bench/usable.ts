/**
 * `usable`: from the result of a build's last task, as its builder sends it, until the pointer of a repository of 50,000 packages
 * has moved to a revision that has the build. `usable.dnf`: what dnf takes from there to show the package. `usable.small`:
 * the same on the small distribution, merged from outside, with dnf's part in it.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { HandWorker } from '../packages/hub/src/testing/worker.ts';
import { bring, handWorker } from './bring.ts';
import { median, print, quantile, say, spread } from './figure.ts';
import { publish, stock } from './stocked.ts';
import { makeTarget, startWorld, type World } from './world.ts';

const run = promisify(execFile);
const builds = 20;

export async function usable(): Promise<void> {
  const packages = Number(process.env['MOROMI_BENCH_PACKAGES'] ?? 50_000);
  await using world = await startWorld();
  const worker = await handWorker(world);
  await makeTarget(world);
  const small = await measure(world, worker, 'bench', 'small');
  await using stocked = await stock(world, 'large', packages);
  say('the first revision');
  await publish(world, 'large');
  const large = await measure(world, worker, 'large', 'large');
  say(`${stocked.packages} packages`);
  const pointers = large.map((one) => one.pointer);
  print({
    figure: 'usable',
    unit: 's',
    ours: median(pointers),
    p50: median(pointers),
    p99: quantile(pointers, 0.99),
    spread: spread(pointers),
    runs: builds,
  });
  const dnf = large.map((one) => one.dnf);
  print({ figure: 'usable.dnf', unit: 's', ours: median(dnf), spread: spread(dnf), runs: builds });
  const whole = small.map((one) => one.pointer + one.dnf);
  const alone = small.map((one) => one.pointer);
  print({
    figure: 'usable.small',
    unit: 's',
    ours: median(whole),
    p50: median(whole),
    p99: quantile(whole, 0.99),
    spread: spread(whole),
    runs: builds,
  });
  print({
    figure: 'usable.small.pointer',
    unit: 's',
    ours: median(alone),
    spread: spread(alone),
    runs: builds,
  });
}

interface Taken {
  pointer: number;
  dnf: number;
}

async function measure(world: World, worker: HandWorker, target: string, prefix: string): Promise<Taken[]> {
  const taken: Taken[] = [];
  for (let n = 0; n < builds + 1; n++) {
    const name = `${prefix}${n}`;
    const pointer = await bring(world, worker, target, name);
    const moved = performance.now();
    await dnfSees(world, target, name);
    // The first finds dnf without a cache.
    if (n > 0) taken.push({ pointer, dnf: (performance.now() - moved) / 1000 });
  }
  return taken;
}

async function dnfSees(world: World, tag: string, name: string): Promise<void> {
  const cache = join(world.home, `dnf-${tag}`);
  const repo = `--repofrompath=${tag},${world.hub}/repos/${tag}/latest/x86_64/`;
  const options = [
    '-q',
    '--noplugins',
    `--setopt=cachedir=${cache}`,
    '--setopt=reposdir=/dev/null',
    `--setopt=${tag}.gpgcheck=0`,
    '--forcearch=x86_64',
  ];
  const { stdout } = await run('dnf', [...options, repo, '--refresh', 'repoquery', '--', name], {
    timeout: 120_000,
  });
  if (!stdout.includes(`${name}-0:1-1`)) throw new Error(`dnf does not see ${name}: ${stdout}`);
}

/**
 * The demonstration: from source packages to installed programs, with nothing faked.
 *
 * usage: npm run demo [-- --aarch64 | --stop]
 *   --aarch64  builds for aarch64 too, which on other machines is emulated and slow
 *   --stop     ends the hub and the builder
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Demonstration, demonstration } from './host.ts';
import { install, installCommand, runInstalled } from './install.ts';
import { ask, run, type Speaker } from './moromi.ts';
import { logFile, type Place, placeOf, startProcesses, stopProcesses } from './processes.ts';

const started = performance.now();
const step = (line: string): void => console.log(`\n== ${line}`);
const { values } = parseArgs({ options: { aarch64: { type: 'boolean' }, stop: { type: 'boolean' } } });
const place = placeOf(
  process.env['MOROMI_DEMO_HOME'] ??
    (process.getuid?.() === 0 ? '/var/lib/moromi-demo' : `${process.env['HOME']}/.local/share/moromi-demo`),
);

if (values.stop === true) {
  console.log(
    (await stopProcesses(place))
      ? 'The hub and the builder have stopped.'
      : 'Nothing of the demonstration runs.',
  );
} else {
  await demo(place).catch((error: unknown) => {
    console.error(`\ndemo: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}

async function demo(at: Place): Promise<void> {
  const plan = await demonstration(at.home, (line) => console.log(line), values.aarch64);
  step('A hub and a builder, each a process of its own');
  const named = plan.emulated === undefined ? [] : plan.arches;
  const speaker = await startProcesses(at, plan.driver, named);
  console.log(
    `${speaker.reused ? 'They run already' : 'Started'}: ${speaker.hub}; logs: ${logFile(at, 'hub')}, ${logFile(at, 'worker')}`,
  );
  await makeTarget(speaker, plan);
  await run(speaker, ['list-workers']);
  await warn(speaker);
  if (plan.emulated !== undefined) {
    console.log(`The first time, with the packages' own tests, this takes some twenty minutes on two cores.`);
  }
  const fresh = await buildAll(speaker, plan);
  if (!fresh) await showOne(speaker, plan);

  for (const { name, arch, base } of plan.roots) {
    const which = arch === undefined ? '' : ` for ${arch}`;
    step(`Installing them${which} with dnf from the repository over HTTP`);
    const root = join(at.home, name);
    const repoFile = `${speaker.hub}/repos/${plan.tag}/${plan.tag}.repo`;
    await install({ root, ...(arch === undefined ? {} : { arch }), repoFile, base, packages: plan.install });

    step(`Running what was installed${which}`);
    for (const program of plan.programs) await runInstalled(root, program);
  }
  farewell(speaker, plan);
}

async function makeTarget(speaker: Speaker, plan: Demonstration): Promise<void> {
  const targets = await ask<{ name: string }[]>(speaker, ['list-targets']);
  if (targets.some((target) => target.name === plan.tag)) return;
  const arches = plan.arches.flatMap((arch) => ['--arch', arch]);
  const externals = Object.entries(plan.externals).flatMap(([name, url]) => ['--external', `${name}=${url}`]);
  const groups =
    plan.groups === undefined
      ? []
      : ['--group', `build=${plan.groups.build}`, '--group', `srpm-build=${plan.groups.srpmBuild}`];
  const code =
    (await run(speaker, ['add-tag', plan.tag, ...arches, ...externals, '--dist', plan.dist, ...groups])) ||
    (await run(speaker, ['add-target', plan.tag, plan.tag]));
  if (code !== 0) throw new Error('the target could not be made');
}

/** What the builder found this machine to refuse is said loudly: builds are slower, or less cut off, than they should be. */
async function warn(speaker: Speaker): Promise<void> {
  const workers = await ask<{ name: string; offer: { host: { warnings?: string[] } } }[]>(speaker, [
    'list-workers',
  ]);
  for (const { name, offer } of workers) {
    for (const warning of offer.host.warnings ?? []) console.log(`!! ${name}: ${warning}`);
  }
}

/** Builds what is not there yet. @returns whether anything was built */
async function buildAll(speaker: Speaker, plan: Demonstration): Promise<boolean> {
  const { items } = await ask<{ items: { nvr: string }[] }>(speaker, ['list-tagged', plan.tag]);
  const there = items.map((build) => build.nvr.split('-').slice(0, -2).join('-'));
  const wanted = plan.sources.filter((source) => !there.includes(source.name));
  if (wanted.length === 0) {
    step('All packages are built already');
    await run(speaker, ['list-tagged', plan.tag]);
    return false;
  }
  for (const order of [...new Set(wanted.map((source) => source.order))].toSorted((a, b) => a - b)) {
    const group = wanted.filter((source) => source.order === order);
    step(`Building ${group.map((source) => source.name).join(', ')}`);
    await build(
      speaker,
      plan.tag,
      group.map((source) => source.srpm),
    );
  }
  return true;
}

/** All but the first are only submitted; the first is shown with its live log, then all are watched to their end. */
async function build(speaker: Speaker, target: string, srpms: readonly string[]): Promise<void> {
  const tasks: string[] = [];
  for (const srpm of srpms) {
    const { task } = await ask<{ task: number }>(speaker, ['build', target, srpm, '--nowait']);
    console.log(`$ moromi build ${target} ${srpm} --nowait\nCreated task: ${task}`);
    tasks.push(String(task));
  }
  const [first] = tasks;
  if (first !== undefined) await run(speaker, ['watch-logs', first, '--follow']);
  if ((await run(speaker, ['watch-task', ...tasks])) !== 0)
    throw new Error('a build failed; the lines above say how to read its log');
}

async function showOne(speaker: Speaker, plan: Demonstration): Promise<void> {
  const [source] = plan.sources.filter((one) => one.name === 'demo-notes').concat(plan.sources);
  if (source === undefined) return;
  step(`To see one build: ${source.name} again, as a scratch build`);
  if ((await run(speaker, ['build', plan.tag, source.srpm, '--scratch'])) !== 0)
    throw new Error('the scratch build failed');
}

function farewell(speaker: Speaker, plan: Demonstration): void {
  const { tag } = plan;
  const folderOf = (name: string): string => join(place.home, name);
  const roots = plan.roots.map(({ name }) => folderOf(name)).join(' and ');
  step(`Done in ${Math.round((performance.now() - started) / 1000)} s`);
  console.log(
    [
      `The hub goes on at ${speaker.hub} (status: ${speaker.hub}/api/v1/status, its interface: ${speaker.hub}/api/v1/openapi.json).`,
      `For dnf: ${speaker.hub}/repos/${tag}/${tag}.repo; what was installed lies in ${roots}.`,
      '',
      'Go on with a package of your own:',
      `  export MOROMI_HUB=${speaker.hub} MOROMI_TOKEN=$(cat ${place.hub}/admin.token)`,
      `  npx moromi build ${tag} YOUR.src.rpm`,
      ...plan.roots.map(({ name, arch }) => `  ${installCommand(folderOf(name), ['YOUR'], arch)}`),
      'Stop the hub and the builder (everything is kept for the next time):',
      '  npm run demo -- --stop',
    ].join('\n'),
  );
}

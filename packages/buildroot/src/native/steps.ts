/**
 * The two steps of a build in native roots: the source package, and the binary packages.
 *
 * Invariant: a step either returns files or throws a BuildFailure whose fault is right: what the machine did (memory,
 * disk, a repository, a root that cannot be entered) is asked before what the package did. Nothing of a step runs on
 * when it has returned.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type BinaryResult,
  BuildFailure,
  type BuildOrder,
  type InstalledPackage,
  type SourceResult,
  type SpecEdit,
} from '../driver.ts';
import { writeHardware, writeInstalled } from '../logs.ts';
import { rootHash, SameRoot } from '../root-hash.ts';
import { editSpec } from '../spec-file.ts';
import { checkArch, type Facts, factsFormat, readFacts } from './facts.ts';
import { judge } from './judge.ts';
import { LayerAhead } from './layer-ahead.ts';
import type { Wish } from './layers.ts';
import type { Answer, Choice, Question } from './resolve.ts';
import { insideSrpm } from './root.ts';
import { type Step, visit } from './step.ts';

const text = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../assets/${name}`, import.meta.url)), 'utf8');
const unpackScript = text('unpack.sh');
const sourceScript = text('source.sh');
const binaryScript = text('binary.sh');

/** Rounds of generated BuildRequires before we say that they will not end; mock has the same number. */
const usualRounds = 10;

export async function buildSource(step: Step, srpm: string, edit?: SpecEdit): Promise<SourceResult> {
  const { order, work, logs, shop } = step;
  writeHardware(logs.dir, shop.home);
  tellIgnored(step);
  await work.begin(srpm, order);
  const [answer] = await resolve(step, [
    { groups: [...order.groups.srpmBuild, ...additional(order)], requires: [] },
  ]);
  const installed = await enter(step, answer);
  writeInstalled(logs.dir, installed);
  const facts = await logs.during('buildsrpm', async () => {
    if (edit) await editUnpacked(step, edit);
    return makeSource(step, edit !== undefined);
  });
  const { srpms } = await work.collect();
  const made = srpms[0];
  if (made === undefined) throw new BuildFailure('spec_unreadable', 'rpmbuild wrote no source package');
  if (work.layer) await shop.facts.remember(await shop.facts.key(made, work.layer.key, order), facts);
  return { srpm: made, installed };
}

export async function buildBinary(step: Step, srpm: string): Promise<BinaryResult> {
  const { order, work, logs, shop } = step;
  writeHardware(logs.dir, shop.home);
  tellIgnored(step);
  await work.begin(srpm, order);
  const groups = [...order.groups.build, ...additional(order)];
  const greatestRounds = order.mock?.dynamic_buildrequires_max_loops ?? usualRounds;
  const alone: Question = { groups, requires: [] };
  const [base, expected] = await resolve(step, [alone, ...expectation(step, groups)]);
  if (!base) throw new Error('no answer for the group');
  // With an unchanged package on the same layer the facts are known, and the spec is read once, by the build itself.
  const key = await shop.facts.key(srpm, base.key, order);
  let facts = await shop.facts.recall(key);
  const known = facts !== undefined;
  await using ahead = known ? undefined : begin(step, expected, base);
  if (!facts) {
    await enter(step, base);
    facts = await logs.during('buildsrpm', () => makeSource(step));
    await shop.facts.remember(key, facts);
  }
  checkArch(facts, targetOf(order));
  let requires = facts.requires;
  let unpack = !known;
  for (let round = 0; round <= greatestRounds; round += 1) {
    const [answer] = await resolve(step, [{ groups, requires }]);
    if (ahead?.key !== answer?.key) await ahead?.giveUp();
    // Also with generated BuildRequires still to come: in the very packages of a finished root they find nothing new.
    if (answer !== undefined && order.unless === rootHash(answer.packages)) throw new SameRoot();
    const installed = await enter(step, answer, base);
    const more = await logs.during(facts.dynamic ? `rpmbuild, round ${round + 1}` : 'rpmbuild', () =>
      makeBinary(step, facts, unpack),
    );
    unpack = true;
    if (more === undefined) {
      writeInstalled(logs.dir, installed);
      const { srpms, rpms } = await work.collect();
      if (srpms[0] === undefined) throw new BuildFailure('build_failed', 'rpmbuild wrote no source package');
      return { srpm: srpms[0], rpms, installed };
    }
    const all = [...new Set([...requires, ...more.requires])].sort();
    if (all.length === requires.length) {
      const names = more.requires.join(', ');
      throw new BuildFailure('buildrequires_missing', `what was installed does not satisfy ${names}`);
    }
    logs.root(`generated BuildRequires: ${all.filter((name) => !requires.includes(name)).join(', ')}`);
    requires = all;
  }
  throw new BuildFailure(
    'generate_buildrequires_failed',
    `%generate_buildrequires asked for something new ${greatestRounds} times`,
  );
}

type Found = Answer & { key: string };

async function resolve(step: Step, questions: Question[]): Promise<(Found | undefined)[]> {
  const { order, logs, shop, signal } = step;
  return logs.during('resolve', async () => {
    const answers = await shop.resolver.resolve(
      order.arch,
      order.repos,
      questions,
      logs.root,
      signal,
      choiceOf(order),
    );
    return answers.map((answer, index) => {
      if (answer === undefined) return undefined;
      const asked = [...(questions[index]?.groups ?? []), ...(questions[index]?.requires ?? [])];
      logs.root(`resolved ${asked.join(', ')}: ${answer.packages.length} packages`);
      for (const name of answer.absent) logs.root(`no package for group member ${name}`);
      const key = shop.layers.keyOf({ arch: order.arch, macros: order.macros, packages: answer.packages });
      return { ...answer, key };
    });
  });
}

/** A fresh root with these packages. */
async function enter(step: Step, answer: Found | undefined, base?: Found): Promise<InstalledPackage[]> {
  const { order, logs, shop, signal, work } = step;
  if (!answer) throw new Error('nothing was resolved');
  await logs.during('root', async () => {
    const layer = await shop.layers.acquire(wishFor(step, answer, base), order, logs, signal);
    await work.enter(layer, order);
  });
  return answer.packages.map(({ nevra, sha256, repo }) => ({ nevra, sha256, repo }));
}

/** Begins the root that is expected, where the base's own is not all of it. */
function begin(step: Step, expected: Found | undefined, base: Found): LayerAhead | undefined {
  const { order, logs, shop, signal } = step;
  if (expected === undefined || expected.key === base.key) return undefined;
  logs.root('root: begun with what the source package states, while its spec is read');
  return new LayerAhead({ ...shop, order, logs, signal }, wishFor(step, expected, base));
}

function wishFor({ order }: Step, answer: Found, base: Found | undefined): Wish {
  const wish = { arch: order.arch, macros: order.macros, packages: answer.packages };
  return base && base.key !== answer.key ? { ...wish, base: base.packages } : wish;
}

/** What is asked beside the group: none where a layer made in vain would be a whole root, or the root decides whether to build. */
function expectation({ order, shop }: Step, groups: string[]): Question[] {
  const { expects, unless } = order;
  if (expects === undefined || unless !== undefined || !shop.layers.deltas) return [];
  return [{ groups, requires: [...expects], perhaps: true }];
}

/** Unpacks in the root; the spec is read and written from outside when nothing runs there any more. */
async function editUnpacked(step: Step, edit: SpecEdit): Promise<void> {
  const result = await visit(step, unpackScript, [insideSrpm]);
  if (result.code !== 0) throw judge(step, result);
  await editSpec(join(step.work.builddir, 'build'), edit);
}

async function makeSource(step: Step, unpacked = false): Promise<Facts> {
  const srpm = unpacked ? '' : insideSrpm;
  const args = [srpm, targetOf(step.order), factsFormat, ...conditionals(step.order)];
  const result = await visit(step, sourceScript, args);
  if (result.code !== 0) throw judge(step, result);
  return readFacts(result.collected(3));
}

/** Undefined when the packages are there, else what else has to be installed first. */
async function makeBinary(step: Step, facts: Facts, unpacked: boolean): Promise<Facts | undefined> {
  const srpm = unpacked ? '' : insideSrpm;
  const dynamic = facts.dynamic ? '1' : '0';
  const args = [srpm, targetOf(step.order), factsFormat, dynamic, ...conditionals(step.order)];
  const result = await visit(step, binaryScript, args);
  if (result.code === 75) return readFacts(result.collected(3));
  if (result.code !== 0) throw judge(step, result);
  return undefined;
}

const additional = (order: BuildOrder): string[] => order.mock?.chroot_additional_packages ?? [];

function choiceOf({ modules = [], mock = {} }: BuildOrder): Choice {
  const { excludepkgs = [], module_platform_id: platform } = mock;
  return {
    ...(modules.length === 0 ? {} : { modules: [...modules].sort() }),
    ...(excludepkgs.length === 0 ? {} : { exclude: [...excludepkgs].sort() }),
    ...(platform === undefined ? {} : { platform }),
  };
}

/** Options that mean something to mock alone. */
const mockAlone = ['module_install', 'nosync'] as const;

function tellIgnored({ order, logs }: Step): void {
  for (const name of mockAlone) {
    if (order.mock?.[name] !== undefined)
      logs.root(`mock's option ${name} is not honoured here: this root is made without mock`);
  }
}

/** What rpmbuild is told to build for. */
function targetOf({ arch, target }: BuildOrder): string {
  return target ?? arch;
}

/** `--with x` is a popt alias of rpmbuild; two arguments, as the alias wants them. */
function conditionals(order: BuildOrder): string[] {
  return [
    ...(order.mock?.check === false ? ['--nocheck'] : []),
    ...order.with.flatMap((name) => ['--with', name]),
    ...order.without.flatMap((name) => ['--without', name]),
  ];
}

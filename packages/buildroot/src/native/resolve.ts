/**
 * Which packages stand in a root.
 *
 * Invariant: an answer is remembered only when every repository of the order names an unchanging revision or shows
 * its state, and then for good: the same (architecture, repositories, choice among them, groups, BuildRequires) gives the
 * same packages by SHA-256. What libdnf says is taken as it is; nothing here picks a package.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildFailure, type InstalledPackage, type Repo } from '../driver.ts';
import { writeRemembered } from '../files.ts';
import { Interpreter } from './interpreter.ts';
import { withStates } from './repo-state.ts';
import { driverVersion } from './version.ts';

/** A package to install, as its repository's metadata describes it. */
export interface ChosenPackage {
  nevra: string;
  sha256: string;
  repo: string;
  url: string;
  /** Size of the .rpm in bytes. */
  size: number;
  /** Bytes that it takes when installed. */
  installedSize: number;
  /** Seconds since 1970. */
  buildTime: number;
}

export interface Question {
  groups: string[];
  requires: string[];
  /** Asked in case it is wanted: that it has no answer is no failure. */
  perhaps?: boolean;
}

/** What of the repositories a root may have: the streams that are enabled, and what is kept out. */
export interface Choice {
  modules?: string[];
  exclude?: string[];
  /** What modules ask for as their platform. */
  platform?: string;
}

export interface Answer {
  packages: ChosenPackage[];
  /** Members of a group that no repository has; dnf goes on without them, and so do we, with a line in root.log. */
  absent: string[];
}

interface PythonError {
  kind: 'unreachable' | 'missing' | 'conflict' | 'group' | 'module' | 'metadata' | 'unknown';
  names: string[];
  message: string;
}

const script = fileURLToPath(new URL('../../assets/resolve.py', import.meta.url));
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export class Resolver {
  readonly #home: string;
  /** The last answers, so that a remembered resolution costs no reading; oldest first. */
  readonly #recent = new Map<string, Answer>();

  readonly #interpreter: Interpreter;

  constructor(home: string) {
    this.#home = home;
    this.#interpreter = new Interpreter(script, home);
  }

  /** To be called while nothing waits: the next question is answered sooner. */
  ready(): void {
    this.#interpreter.ready();
  }

  /**
   * Answers the questions in their order. Throws a BuildFailure for the first that has no answer, unless it was asked
   * perhaps: then there is undefined in its place.
   */
  async resolve(
    arch: string,
    repos: Repo[],
    questions: Question[],
    log: (line: string) => void,
    signal: AbortSignal,
    choice: Choice = {},
  ): Promise<(Answer | undefined)[]> {
    const states = await withStates(repos, signal);
    const fixed = states.every((repo) => repo.revision !== undefined);
    const keys = questions.map((question) => questionKey(arch, states, question, choice));
    const answers = await Promise.all(keys.map((key) => (fixed ? this.#recall(key) : undefined)));
    const open = questions.filter((_, index) => !answers[index]);
    if (open.length > 0) {
      const fresh = await this.#ask(arch, repos, open, log, signal, choice);
      // A repository that changed meanwhile may have answered in either state.
      const steady = fixed && sameStates(states, await withStates(repos, signal));
      for (const [index, question] of questions.entries()) {
        if (answers[index]) continue;
        const answer = fresh[open.indexOf(question)];
        const key = keys[index];
        if (!answer && question.perhaps === true) continue;
        if (!answer || !key) throw new Error('the resolver left a question out');
        answers[index] = answer;
        if (steady) await this.#remember(key, answer);
      }
    }
    return answers;
  }

  async #recall(key: string): Promise<Answer | undefined> {
    const recent = this.#recent.get(key);
    if (recent) return recent;
    try {
      const answer: Answer = JSON.parse(await readFile(this.#file(key), 'utf8'));
      this.#keepRecent(key, answer);
      return answer;
    } catch {
      return undefined;
    }
  }

  async #remember(key: string, answer: Answer): Promise<void> {
    this.#keepRecent(key, answer);
    await mkdir(join(this.#home, 'resolutions'), { recursive: true });
    await writeRemembered(this.#file(key), JSON.stringify(answer));
  }

  #keepRecent(key: string, answer: Answer): void {
    this.#recent.set(key, answer);
    const oldest = this.#recent.keys().next().value;
    if (this.#recent.size > 200 && oldest !== undefined) this.#recent.delete(oldest);
  }

  #file(key: string): string {
    return join(this.#home, 'resolutions', `${key}.json`);
  }

  /**
   * Which files the packages of a list are, by NEVRA: for roots that somebody else made. Where two repositories have
   * one NEVRA, it is the file of the one that dnf prefers.
   */
  async identify(
    arch: string,
    repos: Repo[],
    nevras: string[],
    signal: AbortSignal,
  ): Promise<InstalledPackage[]> {
    const [answer] = await this.#ask(arch, repos, [{ groups: [], requires: [], nevras }], () => {}, signal);
    return (answer?.packages ?? []).map(({ nevra, sha256, repo }) => ({ nevra, sha256, repo }));
  }

  async #ask(
    arch: string,
    repos: Repo[],
    questions: (Question & { nevras?: string[] })[],
    log: (line: string) => void,
    signal: AbortSignal,
    choice: Choice = {},
  ): Promise<(Answer | undefined)[]> {
    const order = {
      cachedir: join(this.#home, 'metadata'),
      lock: join(this.#home, 'locks', 'metadata'),
      arch,
      repos: repos.map((repo) => ({
        key: `${repo.id}-${sha256(JSON.stringify([repo.baseurl, repo.revision ?? null])).slice(0, 16)}`,
        id: repo.id,
        baseurl: repo.baseurl,
        priority: repo.priority,
        fixed: repo.revision !== undefined,
      })),
      questions: questions.map(({ perhaps: _, ...question }) => question),
      modules: choice.modules ?? [],
      exclude: choice.exclude ?? [],
      platform: choice.platform ?? null,
    };
    await mkdir(join(this.#home, 'locks'), { recursive: true });
    const result = await this.#interpreter.ask(JSON.stringify(order), signal);
    if (result.ended === 'canceled') throw new BuildFailure('canceled', 'canceled while resolving');
    for (const line of result.stderr.split('\n')) if (line.trim()) log(`resolve: ${line}`);
    if (result.code !== 0) {
      throw new BuildFailure(
        'root_failed',
        `the resolver ended with ${result.ended ?? result.killedBy ?? result.code}; python3-dnf must be installed`,
        result.stderr.slice(-2000),
      );
    }
    const reply: { error?: PythonError; answers?: (Answer & { error?: PythonError })[] } = JSON.parse(
      result.stdout,
    );
    if (reply.error) throw failureOf(reply.error, result.stderr);
    return (reply.answers ?? []).map((answer, index) => {
      if (answer.error === undefined) return answer;
      if (questions[index]?.perhaps === true) return undefined;
      throw failureOf(answer.error, result.stderr, questions[index]);
    });
  }
}

function sameStates(before: readonly Repo[], after: readonly Repo[]): boolean {
  return before.every((repo, index) => repo.revision === after[index]?.revision);
}

function questionKey(arch: string, repos: Repo[], question: Question, choice: Choice): string {
  const states = repos.map((repo) => [repo.id, repo.baseurl, repo.priority, repo.revision ?? null]);
  // Answers from before anything could be chosen are kept under what they were.
  const chosen = Object.entries(choice).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256(
    JSON.stringify([
      driverVersion,
      arch,
      states,
      [...question.groups].sort(),
      [...new Set(question.requires)].sort(),
      ...(chosen.length > 0 ? [chosen] : []),
    ]),
  );
}

function failureOf(error: PythonError, stderr: string, question?: Question): BuildFailure {
  const names = error.names.join(', ');
  const excerpt = error.message.slice(0, 2000);
  if (question?.requires.length === 0 && question.groups.length > 0 && error.kind !== 'group') {
    // Nobody asked for a BuildRequires yet, so the packager cannot help it.
    return new BuildFailure(
      'config_failed',
      `the groups ${question.groups.join(' ')} do not install`,
      excerpt,
    );
  }
  switch (error.kind) {
    case 'missing':
      return new BuildFailure('buildrequires_missing', `no package provides ${names}`, excerpt);
    case 'conflict':
      return new BuildFailure(
        'buildrequires_missing',
        'the BuildRequires cannot be installed together',
        excerpt,
      );
    case 'unreachable':
      return new BuildFailure(
        'repo_unreachable',
        `cannot read the repository ${names || 'metadata'}`,
        `${error.message}\n${stderr}`.slice(0, 2000),
      );
    case 'group':
      return new BuildFailure(
        'config_failed',
        `the root's own package set is wrong: ${error.message}`,
        excerpt,
      );
    case 'module':
      return new BuildFailure(
        'config_failed',
        `the modules ${names} cannot be enabled together from these repositories`,
        excerpt,
      );
    case 'unknown':
      return new BuildFailure('root_failed', 'the root holds packages that no repository has', excerpt);
    case 'metadata':
      return new BuildFailure('config_failed', error.message, excerpt);
  }
}

/**
 * `makespan`: how long a mass rebuild takes under the hub's order, and under the orders that others use, in virtual time
 * over the hub's own choosing functions.
 *
 * MOROMI_SEEDS: how many generated graphs (50); MOROMI_GRAPH: a file with a graph to play as well.
 */
import {
  blindGuess,
  type Graph,
  type Item,
  longestPaths,
  lowerBound,
  type Offer,
  type Ranking,
  rank,
  reverse,
  simulate,
  type Worker,
} from '@moromi/schedule';
import { median, print, say, spread } from './figure.ts';
import { type BuildGraph, dice, makeGraph, normal, readGraph } from './graphs.ts';

type Known = 'all' | 'half' | 'none';
const arches = ['x86_64', 'aarch64'] as const;

interface Setting {
  workers: number;
  speeds: 'even' | 'mixed';
  known: Known;
}

const settings: Setting[] = [10, 50, 200].flatMap((workers) =>
  (['even', 'mixed'] as const).flatMap((speeds) =>
    (['all', 'half', 'none'] as const).map((known) => ({ workers, speeds, known })),
  ),
);

interface Day {
  graph: Graph;
  items: Item[];
  fleet: Worker[];
  orders: Map<string, Ranking>;
}

export async function makespan(): Promise<void> {
  const seeds = Number(process.env['MOROMI_SEEDS'] ?? 50);
  const made = Array.from({ length: seeds }, (_, n) => ({ seed: n + 1, graph: makeGraph(n + 1) }));
  for (const setting of settings) {
    report(
      `makespan.${setting.workers}.${setting.speeds}.${setting.known}`,
      made.map(({ seed, graph }) => play(makeDay(graph, setting, seed))),
    );
  }
  const path = process.env['MOROMI_GRAPH'];
  if (path === undefined) return;
  const real = readGraph(path);
  for (const setting of settings) {
    const runs = Array.from({ length: 5 }, (_, n) => play(makeDay(real, setting, n + 1)));
    report(`makespan.file.${setting.workers}.${setting.speeds}.${setting.known}`, runs);
  }
}

function makeDay({ names, graph, seconds }: BuildGraph, setting: Setting, seed: number): Day {
  const roll = dice(seed * 7919 + 17);
  const items = seconds.map((usual) => ({
    // Architectures differ by package, and emulated or older ones by more.
    seconds: new Map(
      arches.map((arch) => [arch, usual * Math.exp(0.2 * normal(roll)) * (arch === 'aarch64' ? 1.2 : 1)]),
    ),
    failures: roll() < 0.05 ? 1 : 0,
  }));
  const fleet = Array.from({ length: setting.workers }, (_, n) =>
    worker(n, setting.speeds === 'even' ? 1 : 2 ** (roll() * 2 - 1)),
  );
  const knows = items.map(() => setting.known === 'all' || (setting.known === 'half' && roll() < 0.5));
  return { graph, items, fleet, orders: ordersOf(names, graph, items, knows) };
}

function worker(n: number, speed: number): Worker {
  const offer: Offer = {
    worker: `w${String(n).padStart(3, '0')}`,
    kinds: ['build'],
    arches: [arches[n % arches.length] ?? 'x86_64'],
    channels: ['default'],
    excludes: [],
    capacity: 1,
    memoryMb: 0,
    diskMb: 0,
    cores: 0,
    cpuLevel: 0,
    speed,
  };
  return { offer, slots: 1 };
}

function ordersOf(
  names: readonly string[],
  graph: Graph,
  items: readonly Item[],
  knows: readonly boolean[],
): Map<string, Ranking> {
  const learned = items.flatMap((item, node) =>
    knows[node] === true ? [Math.max(...item.seconds.values())] : [],
  );
  const usual = learned.length > 0 ? learned.reduce((sum, one) => sum + one, 0) / learned.length : blindGuess;
  const guess = items.map((item, node) =>
    knows[node] === true ? Math.max(...item.seconds.values()) : usual,
  );
  const paths = longestPaths(graph, guess);
  const users = reverse(graph);
  const alphabet = names.map((name, node) => ({ name, node })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const place = new Map(alphabet.map(({ node }, at) => [node, at]));
  const expected = (node: number, arch: string): number =>
    knows[node] === true ? (items[node]?.seconds.get(arch) ?? usual) : usual;
  return new Map<string, Ranking>([
    [
      'ours',
      ({ node, arch, at }) => {
        const seconds = expected(node, arch);
        return { rank: rank(seconds + (paths[node] ?? 0) - (guess[node] ?? 0), at), seconds };
      },
    ],
    ['first-come', ({ serial }) => ({ rank: -serial, seconds: 0 })],
    ['alphabetical', ({ node }) => ({ rank: -(place.get(node) ?? 0), seconds: 0 })],
    ['most-users-first', ({ node }) => ({ rank: users[node]?.length ?? 0, seconds: 0 })],
    // One priority, and all were submitted together, in the order of the list.
    ['koji', ({ node }) => ({ rank: -node, seconds: 0 })],
  ]);
}

function play({ graph, items, fleet, orders }: Day): Map<string, number> {
  const spans = new Map(
    [...orders].map(([name, ranking]) => [name, simulate(graph, items, fleet, ranking).makespan]),
  );
  return spans.set('bound', lowerBound(graph, items, fleet).seconds);
}

/** Ratios: how many times as long the other takes as ours. */
function report(figure: string, runs: readonly Map<string, number>[]): void {
  const others = [...(runs[0]?.keys() ?? [])].filter((name) => name !== 'ours');
  for (const name of others) {
    const ratios = runs.map((spans) => (spans.get(name) ?? Number.NaN) / (spans.get('ours') ?? Number.NaN));
    const mean = Math.exp(ratios.reduce((sum, one) => sum + Math.log(one), 0) / ratios.length);
    print({
      figure,
      unit: 's',
      ours: median(runs.map((spans) => spans.get('ours') ?? Number.NaN)),
      peer: median(runs.map((spans) => spans.get(name) ?? Number.NaN)),
      peerName: name,
      ratio: mean,
      spread: spread(ratios),
      runs: runs.length,
    });
  }
  const worst = Math.min(
    ...runs.map((spans) => {
      const rest = others.filter((name) => name !== 'bound').map((name) => spans.get(name) ?? Number.NaN);
      return Math.min(...rest) / (spans.get('ours') ?? Number.NaN);
    }),
  );
  say(`${figure}: in its worst run, the best other order takes ${worst.toFixed(3)} of our time`);
}

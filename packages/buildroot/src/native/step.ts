/**
 * What a step of a build works with, and one visit to its root.
 *
 * Invariant: a visit comes back with all that tells the machine's fault from the package's: whether memory or disk ran
 * out meanwhile. Nothing of it runs on when it has returned.
 */
import { makeGroup, systemOomKills } from '../cgroup.ts';
import type { BuildOrder } from '../driver.ts';
import type { OrderLogs } from '../logs.ts';
import type { MemoryWatch } from '../memory.ts';
import { ownName } from '../owner.ts';
import type { Capabilities } from '../probe.ts';
import { ProcessTree } from '../process-tree.ts';
import type { FactsStore } from './facts.ts';
import type { Outcome } from './judge.ts';
import type { LayerStore } from './layers.ts';
import type { Resolver } from './resolve.ts';
import type { WorkFolder } from './root.ts';
import { inRoot } from './sandbox.ts';
import { watchSpace } from './space.ts';

export interface Workshop {
  home: string;
  capabilities: Capabilities;
  resolver: Resolver;
  layers: LayerStore;
  facts: FactsStore;
}

export interface Step {
  shop: Workshop;
  order: BuildOrder;
  work: WorkFolder;
  logs: OrderLogs;
  memory: MemoryWatch;
  signal: AbortSignal;
}

/** Runs a script in the step's root as the build user. */
export async function visit(step: Step, script: string, args: string[]): Promise<Outcome> {
  const { shop, order, work, logs, memory, signal } = step;
  const { current } = work;
  if (!current) throw new Error('there is no root to enter');
  const group = await makeGroup(`${order.id}@${ownName()}`, order.memoryMib);
  const space = watchSpace(shop.home);
  const oomBefore = systemOomKills();
  let unwatch = (): void => {};
  try {
    const result = await work.withBuilddir(() =>
      inRoot(shop.capabilities, {
        place: current.place,
        arch: order.arch,
        script,
        args,
        user: 'mockbuild',
        builddir: work.builddir,
        network: order.network,
        hostname: 'localhost',
        setpriv: current.layer.setpriv,
        cgroups: group.procs,
        rootLog: logs.rootFd,
        buildLog: logs.buildFd,
        timeoutMs: order.timeoutSeconds * 1000,
        signal,
        started: (pid) => {
          const tree = new ProcessTree(pid);
          // A group that nobody could join holds nothing; /proc tells less exactly, and everywhere.
          unwatch = memory.start(async () => (await group.held()) || (await tree.anonymous()));
        },
      }),
    );
    return {
      ...result,
      oomKills: await group.oomKills(),
      systemOomKills: systemOomKills() - oomBefore,
      diskFull: space.wasFull(),
    };
  } finally {
    unwatch();
    space.stop();
    await group.remove();
  }
}

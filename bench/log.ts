/**
 * `log`: from a line in the builder's file to a reader over HTTP. The build prints the time as it writes each line, the
 * reader notes when it comes (one machine, one clock). Apart: how much a reader gets a second of a build that prints as
 * fast as it can.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Build } from '@moromi/contract';
import { median, print, quantile, say, spread } from './figure.ts';
import { untilEvent } from './follow.ts';
import { makeSource, submit, upload } from './package.ts';
import { makeTarget, startWorld, type World } from './world.ts';

const lines = 400;
const runs = 5;
const megabytes = 64;

export async function log(): Promise<void> {
  await using world = await startWorld();
  await makeTarget(world);
  await world.startWorker('builder', 1);
  const times: number[] = [];
  const clock = `BuildArch: noarch\n%description\nbench\n%build\nfor i in $(seq 1 ${lines}); do echo "at $(date +%s.%N)"; sleep 0.02; done\n%install\n%files\n`;
  for (let n = 0; n < runs; n++) {
    const source = await makeSource(world.home, `clock${n}`, clock);
    let seen = 0;
    await upload(world.client, source);
    await read(world, await submit(world.client, source, { scratch: true }), (text, at) => {
      for (const match of text.matchAll(/^at (\d+\.\d+)$/gm)) {
        seen++;
        times.push(at - Number(match[1]) * 1000);
      }
    });
    say(`run ${n}: ${seen} of ${lines} lines`);
  }
  print({
    figure: 'log',
    unit: 'ms',
    ours: quantile(times, 0.99),
    p50: median(times),
    p99: quantile(times, 0.99),
    spread: spread(times),
    runs: times.length,
  });
  const rates: number[] = [];
  const flood = `BuildArch: noarch\n%description\nbench\n%build\nhead -c ${megabytes}M /dev/zero | tr '\\0' 'x' | fold -w 99\n%install\n%files\n`;
  for (let n = 0; n < runs; n++) {
    const source = await makeSource(world.home, `flood${n}`, flood);
    let bytes = 0;
    let first = 0;
    let last = 0;
    await upload(world.client, source);
    await read(world, await submit(world.client, source, { scratch: true }), (text, at) => {
      bytes += text.length;
      // The first megabyte is the way into the flood.
      if (first === 0 && bytes > 1024 * 1024) {
        first = at;
        bytes = 0;
      }
      last = at;
    });
    rates.push(bytes / 1e6 / ((last - first) / 1000));
  }
  print({
    figure: 'log.throughput',
    unit: 'MB/s',
    ours: median(rates),
    p50: median(rates),
    spread: spread(rates),
    runs,
  });
}

/** Follows build.log of the build's `build` task from its first byte. `at` is the wall clock in milliseconds. */
async function read(world: World, build: Build, take: (text: string, at: number) => void): Promise<void> {
  // The build's first task makes the source package; the next one that is leased builds.
  const leased = await untilEvent(
    world.client,
    build.id,
    (event) => event.type === 'task.leased' && event.subject !== `task:${build.task}`,
  );
  const id = Number(leased.subject.slice('task:'.length));
  const params = { id, attempt: Number(leased.data['attempt']), log: 'build.log' };
  for (;;) {
    const { items } = await world.client.call('listLogs', { params: { id } });
    if (items.some((one) => one.name === 'build.log')) break;
    await delay(5);
  }
  const { body } = await world.client.stream('readLog', { params, query: { follow: true } });
  const decoder = new TextDecoder('latin1');
  let rest = '';
  for await (const piece of body) {
    const at = performance.timeOrigin + performance.now();
    const text = rest + decoder.decode(piece, { stream: true });
    const cut = text.lastIndexOf('\n') + 1;
    rest = text.slice(cut);
    take(text.slice(0, cut), at);
  }
}

/** Logs while they grow: followed live, resumed at any offset, by any number of readers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { System } from '../harness/system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system?.stop());

/** Follows `build.log` of a task; calls back with all that has come so far. */
async function follow(
  task: number,
  offset: number,
  each: (text: string) => boolean | undefined,
): Promise<{ text: string; ended: boolean }> {
  const stop = new AbortController();
  const params = { id: task, attempt: 1, log: 'build.log' };
  const { body } = await system.client.stream(
    'readLog',
    { params, query: { offset, follow: true } },
    { signal: stop.signal },
  );
  let text = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (each(text) === true) {
      stop.abort();
      return { text, ended: false };
    }
  }
  return { text, ended: true };
}

async function slowBuild(ticks: number): Promise<{ build: number; task: number }> {
  const { id } = await system.submit('slow', {
    scratch: true,
    define: { ticks: String(ticks) },
    arches: ['x86_64'],
  });
  const leased = await system.feed.until(
    'the build task is leased',
    (events) => events.filter((one) => one.build === id && one.type === 'task.leased')[1],
    120_000,
    () => system.explain(),
  );
  const task = Number(leased.subject.split(':')[1]);
  const end = performance.now() + 120_000;
  for (;;) {
    const { items } = await system.client.call('listLogs', { params: { id: task } });
    if (items.some((log) => log.name === 'build.log' && log.size > 0)) return { build: id, task };
    if (performance.now() > end) throw new Error(`no build.log appears\n${system.explain()}`);
  }
}

test('followers see each line while the build runs, from any offset, and all read the same bytes', async () => {
  const { build, task } = await slowBuild(15);
  const running = (): boolean => system.feed.of(build).every((one) => one.type !== 'build.complete');
  const seen: [tick: number, live: boolean][] = [];
  const whole = follow(task, 0, (text) => {
    const tick = text.match(/^tick (\d+) of/gm)?.length ?? 0;
    if (tick > (seen.at(-1)?.[0] ?? 0)) seen.push([tick, running()]);
    return undefined;
  });
  // A reader that is cut after some ticks and goes on where it was.
  const cut = await follow(task, 0, (text) => text.includes('tick 4 of'));
  expect(cut.ended).toBe(false);
  const rest = follow(task, Buffer.byteLength(cut.text), () => undefined);
  const late = follow(task, 7, () => undefined);
  const all = await whole;
  expect(all.ended).toBe(true);
  expect(cut.text + (await rest).text).toBe(all.text);
  expect((await late).text).toBe(Buffer.from(all.text).subarray(7).toString());
  expect(all.text.match(/^tick \d+ of 15$/gm)).toEqual(
    Array.from({ length: 15 }, (_, i) => `tick ${i + 1} of 15`),
  );
  // Not one lump at the end: most ticks were seen apart, and while the build ran.
  expect(seen.filter(([, live]) => live).length).toBeGreaterThan(7);
  await system.over(build);
  expect(await system.log(task, 1, 'build.log')).toBe(all.text);
});

test('moromi watch-logs --follow shows a log that grows, and ends with it', async () => {
  const { task, build } = await slowBuild(5);
  const shown = await system.cli(['watch-logs', String(task), '--follow']);
  expect(shown, shown.out).toMatchObject({ code: 0 });
  expect(shown.out).toContain('tick 5 of 5');
  expect((await system.over(build)).state).toBe('complete');
});

test('a log that is not text and one of many megabytes arrive byte by byte', async () => {
  const [binary, big] = await Promise.all([
    system.submit('bin-log', { scratch: true }),
    system.submit('big-log', { scratch: true, define: { lines: '120000' } }),
  ]);
  const taskOf = async (id: number): Promise<number> => {
    const build = await system.over(id, 90_000);
    expect(build.state, JSON.stringify(build.failure)).toBe('complete');
    return build.buildroots[0]?.task ?? 0;
  };
  const params = { id: await taskOf(binary.id), attempt: 1, log: 'build.log' };
  const { body } = await system.client.stream('readLog', { params, query: {} });
  const bytes = Buffer.from(await new Response(body).arrayBuffer());
  expect(bytes.includes(Buffer.from([0xff, 0xfe]))).toBe(true);
  expect(bytes.includes(Buffer.from('the last line'))).toBe(true);
  expect(bytes.includes(Buffer.from('x'.repeat(300_000)))).toBe(true);
  const text = await system.log(await taskOf(big.id), 1, 'build.log');
  expect(text.match(/^line \d+ of 120000: /gm)).toHaveLength(120_000);
  expect(text).toContain('line 120000 of 120000: the quick brown fox builds a package');
});

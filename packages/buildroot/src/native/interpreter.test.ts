import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Interpreter } from './interpreter.ts';

/** Tells of itself when it is loaded; asked to die it does so once. */
const program = `
import json, os, signal, sys
home = os.environ["HOME"]
with open(home + "/loaded", "a") as loaded:
    loaded.write(f"{os.getpid()}\\n")
request = sys.stdin.read()
if request == "die":
    try:
        open(home + "/died", "x")
        os.kill(os.getpid(), signal.SIGKILL)
    except FileExistsError:
        pass
if request == "wait":
    signal.pause()
json.dump([request, os.getpid(), os.environ.get("no_proxy")], sys.stdout)
`;

let home: string;
let interpreter: Interpreter;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'moromi-interpreter-'));
  await writeFile(join(home, 'program.py'), program);
  interpreter = new Interpreter(join(home, 'program.py'), home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

/** Process numbers of all that were loaded, once there are so many. */
async function loaded(count: number): Promise<number[]> {
  const read = (): number[] =>
    readFileSync(join(home, 'loaded'), 'utf8').split('\n').filter(Boolean).map(Number);
  return await vi.waitFor(
    () => {
      expect(read()).toHaveLength(count);
      return read();
    },
    { timeout: 10_000, interval: 10 },
  );
}

const ask = async (request: string, signal = new AbortController().signal) => {
  const result = await interpreter.ask(request, signal);
  return { ...result, said: result.code === 0 ? JSON.parse(result.stdout) : undefined };
};

test('a request is answered by the program that waits, which answers no other', async () => {
  interpreter.ready();
  interpreter.ready();
  const [first] = await loaded(1);
  expect((await ask('one')).said).toEqual(['one', first, null]);
  const { said } = await ask('two');
  expect(said).toEqual(['two', (await loaded(2))[1], null]);
});

test('where the one that waited was ended, another answers', async () => {
  interpreter.ready();
  const [first = 0] = await loaded(1);
  process.kill(first, 'SIGKILL');
  expect((await ask('one')).said[0]).toBe('one');
  interpreter.ready();
  await loaded(3);
  expect((await ask('die')).said[0]).toBe('die');
  await loaded(4);
});

test('one of another environment is not asked', async () => {
  interpreter.ready();
  await loaded(1);
  vi.stubEnv('no_proxy', 'here');
  expect((await ask('one')).said).toEqual(['one', (await loaded(2))[1], 'here']);
});

test('a request that is canceled is not made again', async () => {
  interpreter.ready();
  const end = new AbortController();
  const answer = ask('wait', end.signal);
  await loaded(1);
  end.abort();
  expect((await answer).ended).toBe('canceled');
  expect((await ask('one', end.signal)).ended).toBe('canceled');
  await loaded(1);
});

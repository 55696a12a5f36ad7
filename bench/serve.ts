/**
 * `serve`: a package of 1 MB from a revision's address, over loopback by `wrk` with 8 connections, in MB/s, beside nginx
 * giving the same file from a folder. `serve.small`: small packages at 1,000 requests a second, sent when they are due
 * whatever has been answered; the time counts from when each was due. nginx beside it by the same client.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { bring, handWorker } from './bring.ts';
import { median, print, quantile, say, spread } from './figure.ts';
import { makeTarget, startWorld, type World } from './world.ts';

const run = promisify(execFile);
const rounds = 5;
const seconds = 5;
const rate = 1000;
const small = 20;

export async function serve(): Promise<void> {
  for (const [program, debian] of [
    ['nginx', 'nginx-light'],
    ['wrk', 'wrk'],
  ] as const)
    await run(program, ['-v']).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw new Error(`serve wants ${program}, which Debian has in ${debian}`);
    });
  await using world = await startWorld();
  const arch = await makeTarget(world);
  const worker = await handWorker(world);
  // A file that does not shrink, so that the package has its size.
  const payload = randomBytes(1_000_000).toString('base64').slice(0, 1_000_000);
  await bring(world, worker, 'bench', 'large', { payload });
  for (let n = 0; n < small; n++) await bring(world, worker, 'bench', `small${n}`);
  const { revision } = await world.client.call('getTag', { params: { name: 'bench' } });
  const base = `${world.hub}/repos/bench/${revision}/${arch}/Packages`;
  const names = ['large', ...Array.from({ length: small }, (_, n) => `small${n}`)].map(
    (name) => `${name}-1-1.${arch}.rpm`,
  );
  await using nginx = await startNginx(world, base, names);
  const [large = '', ...rest] = names;
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let n = 0; n < rounds; n++) {
    theirs.push(await wrk(`${nginx.url}/${large}`));
    ours.push(await wrk(`${base}/${large}`));
    say(`round ${n}: nginx ${theirs.at(-1)?.toFixed(0)} MB/s, ours ${ours.at(-1)?.toFixed(0)} MB/s`);
  }
  print({
    figure: 'serve',
    unit: 'MB/s',
    ours: median(ours),
    peer: median(theirs),
    peerName: 'nginx',
    ratio: median(ours) / median(theirs),
    spread: spread(ours),
    runs: rounds,
  });
  await openLoop(base, rest, 2);
  const late = await openLoop(base, rest, seconds * 2);
  const peer = await openLoop(nginx.url, rest, seconds * 2);
  print({
    figure: 'serve.small',
    unit: 'ms',
    ours: quantile(late, 0.99),
    p50: median(late),
    p99: quantile(late, 0.99),
    peer: quantile(peer, 0.99),
    peerName: 'nginx',
    ratio: quantile(peer, 0.99) / quantile(late, 0.99),
    runs: late.length,
  });
}

interface Nginx extends AsyncDisposable {
  url: string;
}

/** A server of its own on loopback over the files as our repository gives them. */
async function startNginx(world: World, base: string, names: readonly string[]): Promise<Nginx> {
  const folder = join(world.home, 'nginx');
  await mkdir(join(folder, 'files'), { recursive: true });
  for (const name of names) {
    const reply = await fetch(`${base}/${name}`);
    if (!reply.ok) throw new Error(`${name}: ${reply.status}`);
    await writeFile(join(folder, 'files', name), Buffer.from(await reply.arrayBuffer()));
  }
  const port = await freePort();
  const config = `
daemon off;
worker_processes auto;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 512; }
http {
  access_log off;
  sendfile on;
  server { listen 127.0.0.1:${port}; root ${folder}/files; }
}
`;
  await writeFile(join(folder, 'nginx.conf'), config);
  const child: ChildProcess = spawn(
    'nginx',
    ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')],
    { stdio: 'inherit' },
  );
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    if (
      await fetch(`${url}/${names[0]}`).then(
        (reply) => reply.ok,
        () => false,
      )
    )
      break;
    if (tries > 100 || child.exitCode !== null)
      throw new Error('nginx does not come up; Debian has it in nginx-light');
    await delay(50);
  }
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('there is no port');
  return address.port;
}

/** MB of content a second. */
async function wrk(url: string): Promise<number> {
  const { stdout } = await run('wrk', ['-t', '1', '-c', '8', '-d', `${seconds}s`, '--timeout', '10s', url], {
    timeout: 60_000,
  });
  const [, amount, unit] = /Transfer\/sec:\s+([\d.]+)(KB|MB|GB)/.exec(stdout) ?? [];
  const bad = /Non-2xx|Socket errors/.exec(stdout);
  if (amount === undefined || bad !== null) throw new Error(`wrk: ${stdout}`);
  return Number(amount) * ({ KB: 1 / 1024, MB: 1, GB: 1024 }[unit ?? 'MB'] ?? 1) * 1.048576;
}

/** @returns milliseconds of each request from when it was due */
async function openLoop(base: string, names: readonly string[], forSeconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const took: number[] = [];
  const begin = performance.now();
  const all: Promise<void>[] = [];
  for (let n = 0; n < rate * forSeconds; ) {
    const due = Math.floor(((performance.now() - begin) / 1000) * rate);
    for (; n < Math.min(due, rate * forSeconds); n++) {
      const at = begin + (n / rate) * 1000;
      all.push(
        fetchOne(agent, `${base}/${names[n % names.length]}`).then(
          () => void took.push(performance.now() - at),
        ),
      );
    }
    await delay(1);
  }
  await Promise.all(all);
  agent.destroy();
  return took;
}

function fetchOne(agent: Agent, url: string): Promise<void> {
  return new Promise((done, fail) => {
    get(url, { agent }, (reply) => {
      if (reply.statusCode !== 200) fail(new Error(`${url}: ${reply.statusCode}`));
      reply.resume().on('end', done).on('error', fail);
    }).on('error', fail);
  });
}

/**
 * Inside a network namespace that has nothing but its own loopback: gives a program there one address, which leads
 * through a socket of the file system to the hub outside, and nowhere else.
 *
 * `node inside.ts SOCKET PORT COMMAND…`
 */
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';

const [socket = '', port = '', file = '', ...args] = process.argv.slice(2);
const server = createServer((inner) => {
  const outer = connect(socket);
  for (const [one, other] of [
    [inner, outer],
    [outer, inner],
  ] as const) {
    one.pipe(other);
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', file, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
});

/**
 * Ports that a hub can come back to after a restart.
 *
 * Invariant: a port belongs to one test process of this machine: it holds an abstract socket named after it, which the
 * kernel drops with the process. They lie below the range from which the kernel takes ports by itself.
 */
import { createServer, type Server } from 'node:net';

const first = 20_000;
const count = 12_000;

export async function takePort(): Promise<{ port: number; giveBack: () => void }> {
  for (let tries = 0; tries < 200; tries++) {
    const port = first + Math.floor(Math.random() * count);
    const mark = await listening(`\0moromi-test-port-${port}`);
    if (mark === undefined) continue;
    const probe = await listening(port);
    if (probe !== undefined) {
      await new Promise((resolve) => probe.close(resolve));
      return { port, giveBack: () => mark.close() };
    }
    mark.close();
  }
  throw new Error('no free port was found');
}

async function listening(where: string | number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    if (typeof where === 'string') server.listen(where, () => resolve(server));
    else server.listen(where, '127.0.0.1', () => resolve(server));
  });
}

/** A folder over HTTP on loopback, as a mirror serves it. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';

export interface FileServer {
  url: string;
  /** Paths that were asked for. */
  asked: string[];
  stop(): Promise<void>;
}

export async function serveFolder(folder: string): Promise<FileServer> {
  const asked: string[] = [];
  const server = createServer((request, reply) => {
    const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/'));
    asked.push(path);
    const file = join(folder, path);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isFile() !== true) {
      reply.writeHead(404).end();
      return;
    }
    reply.writeHead(200, { 'content-length': found.size });
    createReadStream(file).pipe(reply);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** External repositories for tests: made of real packages by rpmbuild and createrepo_c, and served with whatever trouble. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A source package with what is built from it, all noarch. */
export interface OutsideSource {
  name: string;
  version?: string;
  packages?: readonly string[];
}

/** Makes or remakes the repository in a folder; the packages in it stay. @returns the folder */
export async function makeOutside(
  folder: string,
  sources: readonly OutsideSource[],
  options: readonly string[] = [],
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const top = `${folder}.build`;
  await mkdir(top, { recursive: true });
  const specs: string[] = [];
  for (const { name, version = '1', packages = [] } of sources) {
    const path = join(top, `${name}-${version}.spec`);
    await writeFile(path, specOf(name, version, packages));
    specs.push(path);
  }
  const macros = {
    _topdir: top,
    _rpmdir: folder,
    _rpmfilename: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
  };
  const defines = Object.entries(macros).flatMap(([key, value]) => ['--define', `${key} ${value}`]);
  if (specs.length > 0) await run('rpmbuild', ['-bb', '--quiet', ...defines, '--', ...specs]);
  await run('createrepo_c', ['--quiet', '--no-database', ...options, '--', folder]);
  return folder;
}

function specOf(name: string, version: string, packages: readonly string[]): string {
  const head = `Name: ${name}\nVersion: ${version}\nRelease: 1\nSummary: s\nLicense: MIT\nBuildArch: noarch\n%description\nd\n%files\n`;
  const parts = packages.map(
    (one) => `%package -n ${one}\nSummary: s\n%description -n ${one}\nd\n%files -n ${one}\n`,
  );
  return `${head}${parts.join('')}`;
}

type Answer = (request: IncomingMessage, reply: ServerResponse, bytes: Buffer | undefined) => void;

export interface Mirror extends AsyncDisposable {
  url: string;
  asked: string[];
  /** Of paths that end so, an answer other than the file. */
  instead: Map<string, Answer>;
  /** Where the file of a path is. */
  folder: string;
}

/** Serves a folder on loopback, with ETags. */
export async function serveOutside(folder: string): Promise<Mirror> {
  const asked: string[] = [];
  const instead: Mirror['instead'] = new Map();
  const mirror = { folder, asked, instead };
  const server = createServer((request, reply) => {
    const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/'));
    asked.push(path);
    const answer = (bytes: Buffer | undefined): void => {
      const other = [...instead].find(([end]) => path.endsWith(end))?.[1];
      const etag = bytes === undefined ? '' : `"${createHash('sha256').update(bytes).digest('hex')}"`;
      if (other !== undefined) other(request, reply, bytes);
      else if (bytes === undefined) reply.writeHead(404).end();
      else if (request.headers['if-none-match'] === etag) reply.writeHead(304).end();
      else reply.writeHead(200, { 'content-length': bytes.length, etag }).end(bytes);
    };
    readFile(join(mirror.folder, path)).then(answer, () => answer(undefined));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return Object.assign(mirror, {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  });
}

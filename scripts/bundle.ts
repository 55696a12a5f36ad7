/**
 * Makes what an installed Moromi consists of: `node scripts/bundle.ts [FOLDER]` (dist/ where not said).
 *
 * Invariant: all JavaScript lies flat in the folder, and a module's `import.meta.url` is what it would be if the
 * folder were the project: `new URL('../assets/x', import.meta.url)` of packages/a/src/b.ts finds
 * FOLDER/packages/a/assets/x. So the same source runs from a checkout and from the bundle. Native programs (the
 * embedded PostgreSQL) stay outside, as optional dependencies that are found at run time.
 */
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const project = resolve(import.meta.dirname, '..');

interface Manifest {
  version: string;
  optionalDependencies?: Record<string, string>;
}

async function manifestOf(name: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(project, 'packages', name, 'package.json'), 'utf8')) as Manifest;
}

/** Modules that run on their own (`new URL('./thread.ts', import.meta.url)`): threads and child processes. */
const ownModule = /new URL\(\s*(['"])(\.{1,2}\/[^'"]+\.ts)\1,\s*import\.meta\.url\s*,?\s*\)/g;

function flatName(path: string): string {
  const parts = relative(join(project, 'packages'), path).replace(/\.ts$/, '').split('/');
  return parts.filter((part) => part !== 'src').join('-');
}

async function sources(): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(join(project, 'packages'))) {
    const source = join(project, 'packages', name, 'src');
    for (const file of await readdir(source, { recursive: true }).catch(() => [])) {
      if (file.endsWith('.ts') && !file.endsWith('.test.ts')) found.push(join(source, file));
    }
  }
  return found;
}

async function ownModules(): Promise<string[]> {
  const found = new Set<string>();
  for (const file of await sources()) {
    const text = await readFile(file, 'utf8');
    for (const match of text.matchAll(ownModule)) found.add(resolve(file, '..', match[2] ?? ''));
  }
  return [...found];
}

/** Keeps `import.meta.url` of our own modules what it is in a checkout, seen from the folder of the bundle. */
const places: Plugin = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\/packages\/[^/]+\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!/import\.meta\.(url|dirname|filename)/.test(text)) return undefined;
      const here = relative(project, path);
      const own = `new URL(${JSON.stringify(here)}, import.meta.url)`;
      // Modules that run on their own keep their true address beside the bundle's other files.
      const kept: string[] = [];
      const contents = text
        .replace(ownModule, (_all, _quote, to: string) => {
          kept.push(`new URL('./${flatName(resolve(path, '..', to))}.js', import.meta.url)`);
          return `__own_module_${kept.length - 1}__`;
        })
        .replace(/import\.meta\.url/g, `${own}.href`)
        .replace(/import\.meta\.(dirname|filename)/g, (_all, what: string) =>
          what === 'filename'
            ? `decodeURI(${own}.pathname)`
            : `decodeURI(new URL('.', ${own}).pathname.slice(0, -1))`,
        )
        .replace(/__own_module_(\d+)__/g, (_all, index: string) => kept[Number(index)] ?? '');
      return { contents, loader: 'ts' };
    });
  },
};

/** CommonJS packages in the bundle ask for Node's own modules by `require`, and some for their folder. */
const banner = `import { createRequire as __nodeRequire } from 'node:module';
const require = __nodeRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

export async function bundle(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { version } = await manifestOf('moromi');
  const { optionalDependencies = {} } = await manifestOf('hub');
  const own = await ownModules();
  await build({
    absWorkingDir: project,
    entryPoints: {
      main: 'packages/moromi/src/main.ts',
      ...Object.fromEntries(own.map((path) => [flatName(path), path])),
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: 'linked',
    chunkNames: '[name]-[hash]',
    external: [...builtinModules, ...Object.keys(optionalDependencies), 'pg-native'],
    banner: { js: banner },
    plugins: [places],
    legalComments: 'linked',
    logLevel: 'warning',
  });
  await copyAssets(folder);
  const about = {
    name: 'moromi',
    version,
    description: 'Builds RPM distributions',
    license: 'Apache-2.0',
    type: 'module',
    bin: { moromi: 'moromi' },
    engines: { node: '>=24' },
    optionalDependencies,
  };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
  await writeFile(join(folder, 'moromi'), "#!/usr/bin/env node\nimport './main.js';\n");
  await chmod(join(folder, 'moromi'), 0o755);
  await cp(join(project, 'LICENSE'), join(folder, 'LICENSE'));
}

/** What code reads beside itself: each package's assets, and its package.json for the version. */
async function copyAssets(folder: string): Promise<void> {
  for (const name of await readdir(join(project, 'packages'))) {
    const from = join(project, 'packages', name);
    const to = join(folder, 'packages', name);
    await mkdir(to, { recursive: true });
    const { version } = await manifestOf(name);
    await writeFile(join(to, 'package.json'), `${JSON.stringify({ name, version, type: 'module' })}\n`);
    await cp(join(from, 'assets'), join(to, 'assets'), {
      recursive: true,
      filter: (path) => basename(path) !== '__pycache__',
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(project, 'dist'));
  await bundle(folder);
  process.stdout.write(`bundled into ${folder}\n`);
}

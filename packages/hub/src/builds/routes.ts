/** Builds over HTTP. */
import { Problem } from '@moromi/contract';
import { type BlobStore, blobSize } from '../blobs/index.ts';
import { requireFlavours, requireTarget, settingsWith } from '../catalog/index.ts';
import { demand, demandOwner, mayHurry } from '../identity/index.ts';
import type { Handlers, Ledger, Reader } from '../ledger/index.ts';
import { cursorId } from '../tasks/index.ts';
import type { BuildLife } from './life.ts';
import { flavourLinks } from './links.ts';
import { readSubmitted } from './package-file.ts';
import { type BuildFacts, findBuild, findBuildByNvr, listBuilds } from './queries.ts';
import { reopen } from './reopen.ts';
import { rootOrder, wantedArches } from './root.ts';
import { showBuild, showBuildDetail } from './show.ts';

type Served = 'createBuild' | 'listBuilds' | 'getBuild' | 'cancelBuild' | 'resubmitBuild' | 'mockConfig';

export function buildRoutes(
  ledger: Ledger,
  store: BlobStore,
  life: BuildLife,
  url: () => string,
): Pick<Handlers, Served> {
  return {
    createBuild: async (call) => {
      const { target, source, options, force = false } = call.body;
      if (force) demand(call.principal, 'admin');
      if ((await blobSize(ledger.read, source.sha256)) === undefined)
        throw new Problem('unknown_blob', `${source.name} was not uploaded`);
      const { name } = await readSubmitted(store, source.sha256, source.name);
      return await call.effect('builds.submit', async (tx) => {
        const { build, warnings } = await life.submit(tx, {
          target,
          name,
          source,
          options: options ?? {},
          owner: call.principal.name,
          mayHurry: mayHurry(call.principal),
          force,
        });
        return { ...showBuild(build, url()), ...(warnings.length > 0 ? { warnings } : {}) };
      });
    },
    listBuilds: async (call) => {
      const limit = call.query.limit ?? 50;
      const before = call.query.cursor === undefined ? undefined : cursorId(call.query.cursor);
      const found = await listBuilds(ledger.read, { ...call.query, before, limit });
      return {
        items: found.map((build) => showBuild(build, url())),
        next: found.length === limit ? String(found.at(-1)?.id) : null,
      };
    },
    getBuild: async (call) => showBuildDetail(ledger.read, await find(ledger.read, call.params.build), url()),
    cancelBuild: (call) =>
      call.effect('builds.cancel', async (tx) => {
        const build = await find(tx, String(call.params.id));
        demandOwner(call.principal, build.owner);
        return showBuild(await life.cancel(tx, build.id, call.principal.name), url());
      }),
    resubmitBuild: (call) =>
      call.effect('builds.resubmit', async (tx) => {
        const build = await find(tx, String(call.params.id));
        if (build.state === 'building')
          throw new Problem('build_running', `build ${build.id} is still running`);
        if (build.state === 'complete' && !build.scratch)
          throw new Problem(
            'nvr_exists',
            `build ${build.id} is complete: ${build.nvr} cannot be built again`,
          );
        if (call.body.failed === true) {
          demandOwner(call.principal, build.owner);
          if (await reopen(tx, life, build, call.principal.name))
            return showBuild((await findBuild(tx, build.id)) ?? build, url());
        }
        // Who asks for what was skipped once more wants it built.
        const { skipIdentical: _, ...options } = build.options;
        const again = await life.submit(tx, {
          target: build.targetName,
          name: build.name,
          source: { name: build.sourceName, sha256: build.sourceSha256 },
          options: build.failure?.code === 'identical' ? options : build.options,
          owner: call.principal.name,
          mayHurry: mayHurry(call.principal),
        });
        const { warnings } = again;
        const turn = { to: 'building', change: null, failure: null, actor: call.principal.name } as const;
        await life.turned(tx, again.build, { ...turn, instead: build.id });
        return { ...showBuild(again.build, url()), ...(warnings.length > 0 ? { warnings } : {}) };
      }),
    mockConfig: async (call) =>
      ledger.tx('builds.root-order', async (tx) => {
        const target = await requireTarget(tx, call.params.name);
        const { arch, package: name, nvr } = call.query;
        const flavours = (call.query.flavours ?? '').split(',').filter((one) => one !== '');
        const found = await requireFlavours(tx, flavours, target.buildTag);
        const settings = await settingsWith(tx, target.buildTag, flavours);
        wantedArches(settings, { arches: [arch] }, '');
        const revision = await life.repositories.current(tx, target.buildTag);
        if (revision === undefined)
          throw new Problem('not_found', `the tag ${target.buildTag.name} has no repository yet`);
        return {
          ...(await rootOrder(tx, life.repositories, target.buildTag, arch, { flavours }, revision, {
            ...(name === undefined ? {} : { name }),
            ...(nvr === undefined ? {} : { name: name ?? nvr.replace(/-[^-]+-[^-]+$/, ''), nvr }),
            links: await flavourLinks(tx, found, [arch]),
            settings,
          })),
        };
      }),
  };
}

async function find(reader: Reader, which: string): Promise<BuildFacts> {
  const build = /^\d{1,15}$/.test(which)
    ? await findBuild(reader, Number(which))
    : await findBuildByNvr(reader, which);
  if (build === undefined) throw new Problem('unknown_build', `there is no build ${which}`);
  return build;
}

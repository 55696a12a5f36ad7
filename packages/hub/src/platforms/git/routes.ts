/** The git catalogue over HTTP. */
import { type CatalogueInfo, Problem } from '@moromi/contract';
import {
  beginChange,
  endGitTag,
  gitTags,
  listBundles,
  lockCatalogue,
  putBundle,
} from '../../catalog/index.ts';
import { type Handlers, hint, type Ledger, type Reader, type Tx, tell } from '../../ledger/index.ts';
import { withoutPassword } from './fetch.ts';
import { deleteSource, findSource, putSource } from './queries.ts';
import type { GitCatalogue } from './sync.ts';

type Served = 'getCatalogue' | 'setCatalogue' | 'unsetCatalogue' | 'syncCatalogue';

const most = 100_000;

export function gitCatalogueRoutes(ledger: Ledger, catalogue: GitCatalogue): Pick<Handlers, Served> {
  return {
    getCatalogue: () => showCatalogue(ledger.read),
    setCatalogue: (call) =>
      call.effect('catalogue.set', async (tx) => {
        const { url, branch = 'main', folder = '', everyMinutes = 5 } = call.body;
        await putSource(tx, { url, branch, folder, everyMinutes });
        const data = { url: withoutPassword(url), branch, folder, everyMinutes };
        tell(tx, { type: 'catalogue.set', subject: 'catalogue', actor: call.principal.name, data });
        return await showCatalogue(tx);
      }),
    unsetCatalogue: (call) =>
      call.effect('catalogue.unset', async (tx) => {
        await letGo(tx, call.principal.name);
        return await showCatalogue(tx);
      }),
    syncCatalogue: async (call) => {
      const { name } = call.principal;
      if (call.body.dryRun === true) return await catalogue.look(name);
      return await catalogue.sync(name, (work) => call.effect('catalogue.sync', work));
    },
  };
}

/** What git has said stays as it is, and is people's to change. */
async function letGo(tx: Tx, actor: string): Promise<void> {
  if ((await findSource(tx)) === undefined)
    throw new Problem('catalogue_unset', 'nobody has said where it is');
  await lockCatalogue(tx);
  const bundles = await governed(tx);
  const tags = await gitTags(tx);
  if (bundles.length > 0 || tags.length > 0) {
    const change = await beginChange(tx, actor, 'have no git catalogue any more');
    for (const one of bundles) await putBundle(tx, { ...one, governor: null }, change);
    for (const tag of tags) await endGitTag(tx, tag.id, change);
  }
  await deleteSource(tx);
  tell(tx, { type: 'catalogue.unset', subject: 'catalogue', actor, data: {} });
  hint(tx, 'tags');
}

async function governed(reader: Reader) {
  const all = [
    ...(await listBundles(reader, 'platform', '', most)),
    ...(await listBundles(reader, 'flavour', '', most)),
  ];
  return all.filter((one) => one.governor !== null);
}

async function showCatalogue(reader: Reader): Promise<CatalogueInfo> {
  const source = await findSource(reader);
  const bundles = await governed(reader);
  const named = (kind: string) => bundles.filter((one) => one.kind === kind).map((one) => one.name);
  return {
    url: source === undefined ? null : withoutPassword(source.url),
    branch: source?.branch ?? '',
    folder: source?.folder ?? '',
    everyMinutes: source?.everyMinutes ?? 0,
    commit: source?.commit ?? null,
    change: source?.change ?? null,
    appliedAt: source?.appliedAt?.toISOString() ?? null,
    lookedAt: source?.lookedAt?.toISOString() ?? null,
    nextAt: source?.dueAt?.toISOString() ?? null,
    trouble: source?.trouble ?? null,
    platforms: named('platform'),
    flavours: named('flavour'),
    tags: (await gitTags(reader)).map((one) => one.name),
  };
}

/** Keys and signatures over HTTP. */
import { Problem } from '@moromi/contract';
import type { BlobStore } from '../blobs/index.ts';
import { requireTag } from '../catalog/index.ts';
import type { Handlers, Ledger, Reader } from '../ledger/index.ts';
import type { Finisher } from '../tasks/index.ts';
import { askFor, finishByHand, requireBuild } from './ask.ts';
import { readCertificate } from './certificate.ts';
import type { Examiner } from './examiner.ts';
import { askForFile, showFileSignature } from './files.ts';
import { keepSignatures, lookAtSignatures } from './import.ts';
import type { SignedCopies } from './keep.ts';
import { findKey, type KeyFacts, listKeys } from './key-queries.ts';
import { requireKey } from './key-state.ts';
import { addKey, noteOffered, revokeKey, rotateKey } from './keys.ts';
import { showPolicy } from './policy.ts';
import { pruneCopies } from './prune.ts';
import { showBuildSigning, showKeys, showPair, showRpm } from './show.ts';
import { findRpm, listPairs } from './shown-queries.ts';
import { removeTagKey, setTagKey } from './tag-keys.ts';

export interface SigningParts {
  ledger: Ledger;
  store: BlobStore;
  finisher: Finisher;
  examiner: Examiner;
  copies: SignedCopies;
  url: () => string;
}

type Served =
  | 'addKey'
  | 'listKeys'
  | 'getKey'
  | 'getPublicKey'
  | 'revokeKey'
  | 'rotateKey'
  | 'offerKeys'
  | 'getTagKeys'
  | 'setTagKey'
  | 'removeTagKey'
  | 'signBuilds'
  | 'listSignings'
  | 'getBuildSigning'
  | 'finishSigning'
  | 'importSignatures'
  | 'signFile'
  | 'getFileSignature'
  | 'pruneCopies'
  | 'getRpm';

export function signingRoutes(parts: SigningParts): Pick<Handlers, Served> {
  return { ...keyRoutes(parts), ...pairRoutes(parts) };
}

function keyRoutes({ ledger, finisher, url }: SigningParts) {
  return {
    addKey: async (call) => {
      const { armor } = call.body;
      const found = armor === undefined ? undefined : await readCertificate(armor);
      return await call.effect('keys.add', async (tx) =>
        show(tx, await addKey(tx, call.principal.name, call.body, found), url),
      );
    },
    listKeys: async (call) => {
      const limit = call.query.limit ?? 50;
      const found = await listKeys(ledger.read, call.query.cursor ?? '', limit);
      return {
        items: await showKeys(ledger.read, found, url()),
        next: found.length === limit ? (found.at(-1)?.name ?? null) : null,
      };
    },
    getKey: async (call) => show(ledger.read, await requireKey(ledger.read, call.params.name), url),
    getPublicKey: async (call) => {
      const { armor } = await requireKey(ledger.read, call.params.name);
      call.reply.writeHead(200, { 'content-type': 'application/pgp-keys' }).end(armor);
      return undefined;
    },
    revokeKey: (call) =>
      call.effect('keys.revoke', async (tx) =>
        show(tx, await revokeKey(tx, finisher, call.principal.name, call.params.name, call.body.reason), url),
      ),
    rotateKey: (call) =>
      call.effect('keys.rotate', async (tx) =>
        show(tx, await rotateKey(tx, call.principal.name, call.params.name, call.body.to), url),
      ),
    offerKeys: async (call) => {
      const offered: Parameters<typeof noteOffered>[2][number][] = [];
      for (const { armor, name, backend } of call.body.keys)
        offered.push({ ...(await readCertificate(armor)), name, backend });
      await ledger.tx('keys.offer', (tx) => noteOffered(tx, call.principal.name, offered));
      return {};
    },
    getTagKeys: (call) => showPolicy(ledger.read, call.params.name),
    setTagKey: (call) =>
      call.effect('tags.set-key', async (tx) => {
        await setTagKey(tx, call.principal.name, call.params.name, call.body);
        return await showPolicy(tx, call.params.name);
      }),
    removeTagKey: (call) =>
      call.effect('tags.remove-key', async (tx) => {
        const key = call.body.key === null ? null : await requireKey(tx, call.body.key);
        await removeTagKey(tx, call.principal.name, call.params.name, key);
        return await showPolicy(tx, call.params.name);
      }),
  } satisfies Partial<Handlers>;
}

function pairRoutes({ ledger, store, examiner, copies, url }: SigningParts) {
  return {
    signBuilds: (call) =>
      call.effect('signing.ask', async (tx) => {
        const builds = [];
        for (const which of call.body.builds) builds.push(await requireBuild(tx, which));
        const asked = await askFor(tx, call.principal.name, builds, call.body.key);
        const pairs = [];
        for (const { id } of builds) pairs.push(...(await listPairs(tx, { build: id, limit: 5000 })));
        const mine = pairs.filter((one) => call.body.key === undefined || one.keyName === call.body.key);
        return {
          asked,
          signed: mine.filter((one) => one.state === 'signed').length,
          items: mine.map((one) => showPair(one, url())),
        };
      }),
    listSignings: async (call) => {
      const { limit = 50, cursor, state, key, tag, build, open } = call.query;
      const { read } = ledger;
      const found = await listPairs(read, {
        state,
        open,
        key: key === undefined ? undefined : (await requireKey(read, key)).id,
        tag: tag === undefined ? undefined : (await requireTag(read, tag)).id,
        build: build === undefined ? undefined : (await requireBuild(read, build)).id,
        before: cursor === undefined ? undefined : pairAt(cursor),
        limit,
      });
      const last = found.at(-1);
      return {
        items: found.map((one) => showPair(one, url())),
        next: found.length === limit && last !== undefined ? `${last.rpm}-${last.key}` : null,
      };
    },
    getBuildSigning: async (call) =>
      showBuildSigning(ledger.read, await requireBuild(ledger.read, call.params.build), url()),
    finishSigning: (call) =>
      call.effect('signing.finish', async (tx) => {
        const build = await requireBuild(tx, call.params.build);
        await finishByHand(tx, call.principal.name, build, call.body);
        return await showBuildSigning(tx, build, url());
      }),
    importSignatures: async (call) => {
      const looked = await lookAtSignatures(ledger, store, examiner, call.body);
      return await call.effect('signing.import', async (tx) => ({
        items: await keepSignatures(tx, copies, looked, call.principal.name),
      }));
    },
    signFile: (call) => call.effect('signing.file', (tx) => askForFile(tx, call.body, call.principal.name)),
    getFileSignature: (call) => showFileSignature(ledger.read, call.params.task),
    pruneCopies: (call) =>
      call.effect('signing.prune', (tx) => pruneCopies(tx, call.principal.name, call.body)),
    getRpm: async (call) => {
      const rpm = await findRpm(ledger.read, call.params.rpm);
      if (rpm === undefined) throw new Problem('unknown_rpm', `there is no package ${call.params.rpm}`);
      return await showRpm(ledger.read, rpm, url());
    },
  } satisfies Partial<Handlers>;
}

async function show(reader: Reader, key: KeyFacts, url: () => string) {
  const now = (await findKey(reader, { id: key.id })) ?? key;
  const [shown] = await showKeys(reader, [now], url());
  if (shown === undefined) throw new Problem('unknown_key');
  return shown;
}

/** A place in the list of pairs. */
function pairAt(cursor: string): { rpm: number; key: number } {
  const [, rpm, key] = /^(\d{1,15})-(\d{1,15})$/.exec(cursor) ?? [];
  if (rpm === undefined || key === undefined)
    throw new Problem('bad_request', `"${cursor}" is not a cursor of this list`);
  return { rpm: Number(rpm), key: Number(key) };
}

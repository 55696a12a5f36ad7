/**
 * Where a signer decides and signs.
 *
 * Invariant: nothing is signed that its own rules do not allow, whoever asks; what is judged is what the file itself
 * says. That it will sign stands in its journal before the key is used, and that it has, before anybody hears of it. So
 * there may be lines of things that nobody got, and never a signature without a line.
 */
import { readFile } from 'node:fs/promises';
import type { OfferedKeys, SignOrder, SignResult } from '@moromi/contract';
import { point } from '@moromi/faults';
import { describe, formatNevra, parseNevra, RpmError, readHeaders } from '@moromi/rpm';
import {
  SIGNATURE_FORMS,
  type SignatureForm,
  SigningError,
  signatureFormFor,
  signDetached,
  signPackage,
  signText,
} from '@moromi/signing';
import { Refused, text } from '../failure.ts';
import { Chain, type Note } from './chain.ts';
import type { SignerConfig } from './config.ts';
import { whyUnfit } from './file-unfit.ts';
import { Keyring, type OwnKey } from './keyring.ts';
import { Rates } from './rate.ts';
import { BadRules, judge, parseRules, type Rule, type Wanted } from './rules.ts';

/** Whose order it is, for the journal. */
export interface From {
  task: number | null;
  attempt: number | null;
}

type Package = SignOrder['packages'][number];
type Other = SignOrder['files'][number];
type Outcome = { allowed: string } | { refused: { code: string; message: string } };

/** Text to sign is read whole, in bytes at most. */
const textAtMost = 4 * 2 ** 20;

export class Desk implements AsyncDisposable {
  readonly keyring: Keyring;
  readonly #config: SignerConfig;
  readonly #chain: Chain;
  readonly #rates: Rates;

  private constructor(config: SignerConfig, keyring: Keyring, chain: Chain, rates: Rates) {
    this.#config = config;
    this.keyring = keyring;
    this.#chain = chain;
    this.#rates = rates;
  }

  /** Throws a sentence where the keys or the rules cannot be read. */
  static async open(config: SignerConfig): Promise<Desk> {
    const keyring = await Keyring.open(config);
    try {
      await readRules(config.rules);
      const chain = new Chain(config.journal);
      await chain.append([]);
      return new Desk(config, keyring, chain, await Rates.from(chain).catch(emptyWhereNone));
    } catch (error) {
      await keyring[Symbol.asyncDispose]();
      throw error;
    }
  }

  get fingerprints(): string[] {
    return this.keyring.keys.map((one) => one.fingerprint);
  }

  /** What a hub is told of the keys: their public parts. */
  get offered(): OfferedKeys {
    const keys = this.keyring.keys.map(({ name, backend, signer }) => ({
      name,
      backend,
      armor: signer.certificate.armored,
    }));
    return { keys };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keyring[Symbol.asyncDispose]();
  }

  /** @param pathOf where a file lies that was fetched and has its hash */
  async sign(
    order: SignOrder,
    pathOf: (sha256: string) => string,
    from: From,
    signal: AbortSignal,
  ): Promise<SignResult> {
    const key = this.keyring.find(order.key);
    if (key === undefined) throw new Refused('key_missing', `This signer has no key ${order.key}.`);
    const rules = await readRules(this.#config.rules);
    const packages = new Map<string, Outcome>();
    for (const one of order.packages)
      packages.set(one.sha256, await this.#judgePackage(rules, key, one, pathOf(one.sha256)));
    const files = new Map<string, Outcome>();
    for (const one of order.files)
      files.set(one.sha256, await this.#judgeFile(rules, key, one, pathOf(one.sha256)));
    const all = [
      ...order.packages.map((one) => [one, packages] as const),
      ...order.files.map((one) => [one, files] as const),
    ];
    await this.#chain.append(all.map(([one, said]) => noteOf(key, one, said.get(one.sha256), from)));
    point('worker.sign.journal');
    const result: SignResult = { packages: [], files: [] };
    const signed: Note[] = [];
    for (const one of order.packages) {
      signal.throwIfAborted();
      const outcome = packages.get(one.sha256);
      if (outcome === undefined || !('allowed' in outcome)) {
        result.packages.push({ sha256: one.sha256, ...outcome });
        continue;
      }
      const made = await signOne(key, order, one, pathOf(one.sha256), signal);
      point('worker.sign.one');
      if ('refused' in made) {
        result.packages.push({ sha256: one.sha256, ...made });
        signed.push({ ...factsOf(key, one, from), event: 'refused', code: made.refused.code });
        continue;
      }
      result.packages.push({ sha256: one.sha256, header: made.header });
      signed.push({ ...factsOf(key, one, from), event: 'signed', result: made.sha256 });
    }
    for (const one of order.files) {
      signal.throwIfAborted();
      const outcome = files.get(one.sha256);
      if (outcome === undefined || !('allowed' in outcome)) {
        result.files.push({ sha256: one.sha256, ...outcome });
        continue;
      }
      result.files.push({ sha256: one.sha256, signature: await signFile(key, one, pathOf(one.sha256)) });
      point('worker.sign.file');
      signed.push({ ...factsOf(key, one, from), event: 'signed' });
    }
    await this.#chain.append(signed);
    point('worker.sign.signed');
    return result;
  }

  /** What a package is called is read from it; that a hub says otherwise is a reason not to sign. */
  async #judgePackage(rules: readonly Rule[], key: OwnKey, one: Package, path: string): Promise<Outcome> {
    const limit = this.#config.maxPackageMb * 2 ** 20;
    if (one.size > limit)
      return refused(
        'package_too_large',
        `${one.name} has ${one.size} bytes, and this signer signs up to ${limit}`,
      );
    try {
      const rpm = describe(await readHeaders(path));
      const nevra = formatNevra(rpm);
      if (nevra !== one.nevra)
        return refused(
          'order_wrong',
          `${one.name} is ${nevra} by its own account and not ${one.nevra}, as the hub says`,
        );
      const source = rpm.isSource ? rpm.name : parseNevra((rpm.sourceRpm ?? '').replace(/\.rpm$/, '')).name;
      return this.#judge(rules, { key, tag: one.tag, package: source });
    } catch (error) {
      if (error instanceof RpmError) return refused('package_damaged', `${one.name}: ${error.message}`);
      throw error;
    }
  }

  async #judgeFile(rules: readonly Rule[], key: OwnKey, one: Other, path: string): Promise<Outcome> {
    const unfit = await whyUnfit(one.name, path);
    if (unfit !== null) return refused('file_unfit', unfit);
    return this.#judge(rules, { key, tag: one.tag, file: one.name });
  }

  #judge(rules: readonly Rule[], wanted: Wanted): Outcome {
    const said = judge(rules, wanted, (rule) => this.#rates.used(rule));
    if ('code' in said) return { refused: said };
    this.#rates.add(said.rule);
    return { allowed: said.rule };
  }
}

function refused(code: string, message: string): Outcome {
  return { refused: { code, message } };
}

async function readRules(path: string): Promise<Rule[]> {
  try {
    return parseRules(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof BadRules) throw new Refused('rules_unreadable', error.message);
    throw new Refused(
      'rules_unreadable',
      `The rules of this signer cannot be read (${text(error)}), so it signs nothing: write them to ${path}.`,
    );
  }
}

function emptyWhereNone(error: unknown): Rates {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Rates();
  throw error;
}

function factsOf(key: OwnKey, one: Package | Other, { task, attempt }: From) {
  return {
    key: key.fingerprint,
    sha256: one.sha256,
    name: 'nevra' in one ? one.nevra : one.name,
    tag: one.tag,
    task,
    attempt,
  };
}

function noteOf(key: OwnKey, one: Package | Other, outcome: Outcome | undefined, from: From): Note {
  const facts = factsOf(key, one, from);
  if (outcome !== undefined && 'allowed' in outcome)
    return { event: 'signing', ...facts, rule: outcome.allowed };
  return {
    event: 'refused',
    ...facts,
    code: outcome?.refused.code ?? '',
    why: outcome?.refused.message ?? '',
  };
}

function formOf({ form, rpm }: SignOrder): SignatureForm {
  const newest = rpm === null ? SIGNATURE_FORMS.at(-1) : signatureFormFor(rpm);
  if (newest === undefined) throw new Error('there is no form of signatures');
  return { ...newest, covers: form === 'header' ? 'header' : 'header and payload' };
}

/** What is wrong with one package is no reason to leave others unsigned; what is wrong with the key is. */
const ofPackage: readonly string[] = ['package_damaged', 'form_impossible'];

async function signOne(
  key: OwnKey,
  order: SignOrder,
  one: Package,
  path: string,
  signal: AbortSignal,
): Promise<{ header: string; sha256: string } | { refused: { code: string; message: string } }> {
  try {
    const { front, sha256 } = await signPackage(path, key.signer, { form: formOf(order), signal });
    return { header: Buffer.from(front.signature).toString('base64'), sha256 };
  } catch (error) {
    if (!(error instanceof SigningError || error instanceof RpmError)) throw error;
    const message = `${one.name}: ${error.message}`;
    if (error instanceof RpmError || ofPackage.includes(error.code))
      return { refused: { code: error.code, message } };
    throw new Refused(error.code, message);
  }
}

async function signFile(key: OwnKey, one: Other, path: string): Promise<string> {
  const bytes = await readFile(path);
  try {
    if (one.form === 'detached') return (await signDetached(key.signer, bytes)).armored;
    if (bytes.length > textAtMost)
      throw new Refused('text_too_large', `${one.name} is too large to sign as text.`);
    return await signText(key.signer, bytes.toString('utf8'));
  } catch (error) {
    throw error instanceof SigningError ? new Refused(error.code, `${one.name}: ${error.message}`) : error;
  }
}

/**
 * Which keys' signatures a tag wants.
 *
 * Invariant: the nearest tag that says anything decides alone, along the way on which settings are inherited.
 */
import type { TagKeys } from '@moromi/contract';
import { rpmvercmp } from '@moromi/rpm';
import { edges, inheritors, newestChange, requireTag, settingsOrder, tagsById } from '../catalog/index.ts';
import type { Reader } from '../ledger/index.ts';
import { sayings, type TagKeyFacts } from './key-queries.ts';

/** What holds for a tag, and the tag that says so. */
export interface Policy {
  from: number | null;
  keys: TagKeyFacts[];
}

export class Policies {
  readonly #said: Map<number, TagKeyFacts[]>;
  readonly #edges: Awaited<ReturnType<typeof edges>>;

  private constructor(said: Map<number, TagKeyFacts[]>, links: Awaited<ReturnType<typeof edges>>) {
    this.#said = said;
    this.#edges = links;
  }

  /** As they are at the newest change. */
  static async read(tx: Reader): Promise<Policies> {
    const said = Map.groupBy(await sayings(tx), (one) => one.tag);
    return new Policies(said, said.size === 0 ? [] : await edges(tx, await newestChange(tx)));
  }

  /** Nobody wants anything. */
  get none(): boolean {
    return this.#said.size === 0;
  }

  of(tag: number): Policy {
    const from = settingsOrder(this.#edges, tag).find((one) => this.#said.has(one));
    if (from === undefined) return { from: null, keys: [] };
    return { from, keys: (this.#said.get(from) ?? []).filter((one) => one.key !== null) };
  }

  /** The form in which a key signs for all tags that want it. */
  formOf(key: number): TagKeyFacts['form'] | undefined {
    return this.#sayingsOf(key)[0]?.form;
  }

  /** The oldest rpm that must read what a key signs; null: any. */
  rpmOf(key: number): string | null {
    const rpms = this.#sayingsOf(key).flatMap((one) => one.rpm ?? []);
    return rpms.toSorted(rpmvercmp)[0] ?? null;
  }

  #sayingsOf(key: number): TagKeyFacts[] {
    return [...this.#said.values()].flat().filter((one) => one.key === key);
  }

  /** A tag and all that inherit from it. */
  below(tag: number): number[] {
    return inheritors(this.#edges, tag);
  }
}

export async function showPolicy(tx: Reader, name: string): Promise<TagKeys> {
  const tag = await requireTag(tx, name);
  const said = await sayings(tx);
  const change = await newestChange(tx);
  const from = settingsOrder(await edges(tx, change), tag.id).find((id) =>
    said.some((one) => one.tag === id),
  );
  const byId = await tagsById(tx, from === undefined ? [] : [from]);
  return {
    tag: tag.name,
    from: from === undefined ? null : (byId.get(from)?.name ?? null),
    keys: said
      .filter((one) => one.tag === from)
      .map(({ name: key, form, arches, rpm }) => ({ key, form, arches, rpm })),
    change,
  };
}

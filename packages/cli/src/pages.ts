/**
 * Lists that come in pages.
 *
 * Invariant: no item is skipped or shown twice, since each page is asked for with the cursor of the one before.
 */
export async function allPages<T>(
  ask: (cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>,
  most = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && items.length < most);
  return items.slice(0, most);
}

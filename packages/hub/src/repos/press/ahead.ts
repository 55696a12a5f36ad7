/**
 * Work that is begun before its results are wanted.
 *
 * Invariant: results come in order, and no more of them are there or on their way than were allowed, so what reads fast
 * does not heap up before what writes slowly.
 */

/** Does `work` for each of a list, a few of them at a time. */
export async function* ahead<A, B>(
  list: readonly A[],
  most: number,
  work: (one: A) => Promise<B>,
): AsyncGenerator<B, undefined> {
  const running: Promise<B>[] = [];
  let next = 0;
  while (next < list.length || running.length > 0) {
    while (next < list.length && running.length < most) {
      const one = work(list[next++] as A);
      // Told of when its turn comes.
      one.catch(() => {});
      running.push(one);
    }
    const first = running.shift();
    if (first !== undefined) yield await first;
  }
  return undefined;
}

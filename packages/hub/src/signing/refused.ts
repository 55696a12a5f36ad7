/** What a signer's own rules refuse of an order. */
import type { SignResult } from '@moromi/contract';
import type { Item } from './queries.ts';

export function refusedPairs(
  items: readonly Item[],
  brought: SignResult['packages'],
): { rpm: number; code: string; message: string }[] {
  const said = new Map(brought.map((one) => [one.sha256, one]));
  return items.flatMap(({ rpm, sha256 }) => {
    const one = said.get(sha256);
    if (one?.header !== undefined) return [];
    const { code, message } = one?.refused ?? { code: 'not_signed', message: 'the signer gave no reason' };
    return [{ rpm, code, message }];
  });
}

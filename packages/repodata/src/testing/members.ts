/** Members as a repository might have them, from few names and versions, so that ties and neighbours are many. */
import fc from 'fast-check';
import { compareMembers, type Member } from '../compose/member.ts';

/** With these limits runs are a few members long. */
export const small = { least: 20, greatest: 60, oneIn: 3 };

const text = (...characters: [string, ...string[]]) =>
  fc.array(fc.constantFrom(...characters), { minLength: 1, maxLength: 3 }).map((all) => all.join(''));

export const member: fc.Arbitrary<Member> = fc.record({
  name: text('a', 'b', 'c', '-'),
  epoch: fc.constantFrom(null, 0, 1),
  version: text('0', '1', 'a', '.', '~', '^'),
  release: fc.constantFrom('1', '2', '01'),
  arch: fc.constantFrom('noarch', 'x86_64'),
  id: fc.constantFrom('aa', 'bb', 'cc', 'dd'),
  key: fc.constantFrom('1', '2'),
  bytes: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(500)),
});

export const members = (most: number) =>
  fc.uniqueArray(member, { maxLength: most, comparator: (a, b) => compareMembers(a, b) === 0 });

export function sorted(all: readonly Member[]): Member[] {
  return [...all].sort(compareMembers);
}

/** One of many plain packages. */
export function plain(number: number, more: Partial<Member> = {}): Member {
  const name = `p${String(number).padStart(5, '0')}`;
  return {
    ...{ name, epoch: null, version: '1', release: '1', arch: 'noarch', id: `${number}`, key: `${number}` },
    ...{ bytes: 8000, ...more },
  };
}

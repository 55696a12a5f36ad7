import { type Demand, Problem } from '@moromi/contract';
import { expect, test } from 'vitest';
import type { Principal } from '../ledger/index.ts';
import { demand, demandOwner } from './demands.ts';

const principals: Record<string, Principal> = {
  anonymous: { name: 'anonymous', kind: 'anonymous', permissions: [] },
  person: { name: 'p', kind: 'person', permissions: [] },
  builder: { name: 'b', kind: 'person', permissions: ['build'] },
  admin: { name: 'a', kind: 'person', permissions: ['admin'] },
  enroller: { name: 'e', kind: 'enroller', permissions: ['enrol'] },
  worker: { name: 'w', kind: 'worker', permissions: [] },
  // Permissions are a person's; a worker that has some got them by a mistake.
  'worker with all': { name: 'x', kind: 'worker', permissions: ['admin', 'build', 'enrol'] },
};

const allowed: Record<Demand, string[]> = {
  anyone: Object.keys(principals),
  person: ['person', 'builder', 'admin'],
  build: ['builder', 'admin'],
  sign: ['admin'],
  admin: ['admin'],
  enrol: ['admin', 'enroller'],
  worker: ['worker', 'worker with all'],
  uploader: ['builder', 'admin', 'worker', 'worker with all'],
};

test.each(Object.entries(allowed) as [Demand, string[]][])('the demand "%s" lets in: %j', (wanted, list) => {
  const entered = Object.entries(principals).filter(([, principal]) => {
    try {
      demand(principal, wanted);
      return true;
    } catch (error) {
      const code = principal.kind === 'anonymous' ? 'unauthenticated' : 'forbidden';
      expect(error).toMatchObject({ code });
      return false;
    }
  });
  expect(entered.map(([name]) => name)).toEqual(list);
});

test('a demand that nobody knows lets nobody in', () => {
  expect(() => demand(principals['admin'] as Principal, 'unheard-of' as Demand)).toThrow();
});

test('what belongs to somebody is changed by them and by administrators only', () => {
  const { person, builder, admin } = principals as Record<'person' | 'builder' | 'admin', Principal>;
  demandOwner(builder, 'b');
  demandOwner(admin, 'b');
  expect(() => demandOwner(person, 'b')).toThrow(Problem);
});

import { expect, test } from 'vitest';
import { requirementsOf } from './requirements.ts';
import { SENSE } from './sense.ts';

test('requirements are told as rpm shows them, in order, each once, without what is rpm’s own', () => {
  const requires = [
    { name: 'zlib-devel', flags: 0, version: '' },
    {
      name: 'rpmlib(DynamicBuildRequires)',
      flags: SENSE.LESS | SENSE.EQUAL | SENSE.RPMLIB,
      version: '4.15.0-1',
    },
    { name: 'gcc', flags: SENSE.GREATER | SENSE.EQUAL, version: '1:9' },
    { name: '(a if b)', flags: 0, version: '' },
    { name: 'zlib-devel', flags: 0, version: '' },
  ];
  expect(requirementsOf({ requires })).toEqual(['(a if b)', 'gcc >= 1:9', 'zlib-devel']);
});

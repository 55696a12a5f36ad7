import { expect, test } from 'vitest';
import { controlFields } from './debPackage.ts';

test('control fields are read by their first lines, folded text left out', () => {
  const text =
    'Package: hello\nDepends: libc6 (>= 2.34)\nDescription: greets\n This is: not a field\n .\nHomepage:\n';
  expect(controlFields(text)).toEqual({
    Package: 'hello',
    Depends: 'libc6 (>= 2.34)',
    Description: 'greets',
    Homepage: '',
  });
});

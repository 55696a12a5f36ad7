import { expect, test } from 'vitest';
import { SIGNATURE_FORMS, signatureFormFor } from './forms.ts';

test.each([
  ['4.8.0', 'header and payload', ['rsa'], 8192],
  ['4.11.3', 'header and payload', ['rsa'], 8192],
  ['4.14.3', 'header', ['rsa'], 8192],
  ['4.16.1.3', 'header', ['rsa', 'eddsa'], 64 * 1024 * 1024],
  ['4.19.1.1', 'header', ['rsa', 'eddsa'], 64 * 1024 * 1024],
  ['6.0.2', 'header', ['rsa', 'eddsa', 'ed25519'], 64 * 1024 * 1024],
])('rpm %s reads signatures of %s by %s', (version, covers, keys, headerBytes) => {
  expect(signatureFormFor(version)).toMatchObject({ covers, keys, headerBytes });
});

test('what is older than SHA-2 in rpm has no form, and forms are in the order of versions', () => {
  expect(() => signatureFormFor('4.4.2')).toThrow(expect.objectContaining({ code: 'form_impossible' }));
  const versions = SIGNATURE_FORMS.map(({ rpm }) => rpm);
  expect(versions.map((version) => signatureFormFor(version).rpm)).toEqual(versions);
});

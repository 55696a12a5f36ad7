import { Macros, Name } from '@moromi/contract';
import { Type } from 'typebox';
import { expect, test } from 'vitest';
import { formOf } from './form.ts';

const schema = Type.Object({
  tag: Type.Optional(Name),
  list: Type.Optional(Type.Array(Name)),
  macros: Type.Optional(Macros),
  odd: Type.Optional(Type.String({ pattern: '^x$' })),
});
const said = (value: unknown): string => {
  const found = formOf({ schema, httpPart: 'body', method: 'POST', url: '/' })(value);
  return typeof found === 'object' && 'error' in found ? String(found.error) : 'fits';
};

test('a word that does not fit is told with what it should be', () => {
  const name = 'a name: letters, digits and ._+~^- with a letter or digit first';
  expect(said({ tag: 'el9' })).toBe('fits');
  expect(said({ tag: 'x/../y' })).toBe(`Error: tag "x/../y" is not ${name}`);
  expect(said({ list: ['a', '\u001b[2J'] })).toBe(`Error: list.1 "\\u001b[2J" is not ${name}`);
  expect(said({ macros: { 'a b c': '1' } })).toContain('macros "a b c" is not the name of a macro: three');
  expect(said({ tag: `/${'x'.repeat(150)}` })).toContain(`tag "/${'x'.repeat(99)}" is not`);
});

test('what has no description, and what is no word at all, is told by its place', () => {
  expect(said({ odd: 'y' })).toBe('Error: body/odd must match pattern "^x$"');
  expect(said({ tag: 5 })).toBe('Error: body/tag must be string');
  expect(said([])).toContain('body must be object');
});

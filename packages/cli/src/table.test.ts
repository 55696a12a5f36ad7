import { expect, test } from 'vitest';
import { cut, fields, table, width } from './table.ts';

const columns = [
  { head: 'ID', cell: (row: { id: number; name: string | null }) => row.id, right: true as const },
  { head: 'Name', cell: (row: { id: number; name: string | null }) => row.name },
];

test('a table has heads, a dashed rule as wide as itself, and no blanks at the ends of lines', () => {
  const rows = [
    { id: 1, name: 'hello' },
    { id: 12345, name: null },
  ];
  expect(table(columns, rows, { quiet: false })).toEqual([
    '   ID  Name',
    '------------',
    '    1  hello',
    '12345',
  ]);
});

test('quiet leaves heads and rule out, and columns are only as wide as their cells', () => {
  expect(table(columns, [{ id: 1, name: 'a' }], { quiet: true })).toEqual(['1  a']);
});

test('a name with escape sequences or line ends stays one plain cell', () => {
  expect(table(columns, [{ id: 1, name: 'a\x1b[31m\nb' }], { quiet: true })).toEqual(['1  a b']);
});

test('wide letters take two columns and marks none', () => {
  expect(width('日本')).toBe(4);
  expect(width('e\u0301')).toBe(1);
  expect(
    table(
      columns,
      [
        { id: 1, name: '日本' },
        { id: 2, name: 'abcd' },
      ],
      { quiet: true },
    ),
  ).toEqual(['1  日本', '2  abcd']);
});

test('a text is cut to its columns with an ellipsis', () => {
  expect(cut('hello world', 8)).toBe('hello w…');
  expect(cut('日本語', 5)).toBe('日本…');
  expect(cut('short', 8)).toBe('short');
  expect(cut('x', 0)).toBe('');
});

test('fields leave out what is empty', () => {
  expect(
    fields([
      ['A', 1],
      ['Longer', 'x'],
      ['B', null],
      ['C', ''],
    ]),
  ).toEqual(['A:      1', 'Longer: x']);
});

import { expect, test } from 'vitest';
import { Screen, type Stream } from './screen.ts';

const evil = '\x1b]0;a title\x07\x1b[2J\u202eno\rway';

test('what others have said reaches no terminal as it is, whichever way it is printed', () => {
  const written: string[] = [];
  const stream: Stream = { write: (text) => written.push(String(text)) > 0 };
  const screen = new Screen(stream, stream, {}, { json: false, quiet: false, utc: true });
  screen.line(evil);
  screen.lines([evil, 'two\nlines']);
  screen.note(evil);
  screen.putLinesAbove((line) => written.push(`above ${line}`));
  screen.line(evil);
  screen.note(evil);
  expect(written).toEqual(['noway\n', 'noway\n', 'two\nlines\n', 'noway\n', 'above noway', 'above noway']);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SentEvent, SentEventParser } from './sse.ts';

function parse(...pieces: (string | Uint8Array)[]): SentEvent[] {
  const parser = new SentEventParser();
  return pieces.flatMap((piece) => parser.take(typeof piece === 'string' ? Buffer.from(piece) : piece));
}

test('id, event and data make an event at the empty line', () => {
  expect(parse('id: 5\nevent: task\ndata: {"a":1}\n\n')).toEqual([
    { id: '5', event: 'task', data: '{"a":1}' },
  ]);
});

test('several data lines are joined, a comment is passed over, an event without end is dropped', () => {
  expect(parse(': alive\n\ndata: a\ndata:b\n\ndata: half')).toEqual([
    { id: undefined, event: 'message', data: 'a\nb' },
  ]);
});

test('the id stays for later events', () => {
  expect(parse('id: 1\ndata: a\n\ndata: b\n\n').map(({ id }) => id)).toEqual(['1', '1']);
});

test('wherever the bytes are cut, the same events come out', () => {
  const stream = Buffer.from(
    'id: 1\r\ndata: zwölf 日本\r\n\r\n: x\r\rid: 2\revent: e\rdata: b\rdata: c\r\rid: 3\ndata: d\n\n',
  );
  const whole = parse(stream);
  expect(whole.map(({ data }) => data)).toEqual(['zwölf 日本', 'b\nc', 'd']);
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
      const pieces = at.slice(1).map((end, index) => stream.subarray(at[index], end));
      expect(parse(...pieces)).toEqual(whole);
    }),
  );
});

test('an event without end does not take all memory', () => {
  const parser = new SentEventParser();
  const piece = Buffer.alloc(1024 * 1024, 'x');
  expect(() => {
    for (let i = 0; i < 10; i++) parser.take(piece);
  }).toThrow(/without end/);
});

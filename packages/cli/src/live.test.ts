import { expect, test } from 'vitest';
import { LiveRegion } from './live.ts';
import { Screen } from './screen.ts';

/** What a terminal shows after these bytes: enough of one for our own sequences. */
function shown(bytes: string): string[] {
  const rows = [''];
  let row = 0;
  for (const [token] of bytes.matchAll(/\x1b\[[?0-9]*[A-Za-z]|\n|\r|[^\x1b\n\r]+/g)) {
    if (token === '\n') {
      row++;
      rows[row] ??= '';
    } else if (token === '\r') continue;
    else if (/^\x1b\[\d+A$/.test(token)) row -= Number(token.slice(2, -1));
    else if (token === '\x1b[J') rows.splice(row, rows.length, '');
    else if (!token.startsWith('\x1b')) rows[row] += token;
  }
  return rows;
}

function terminal(env = {}) {
  let bytes = '';
  const out = {
    isTTY: true,
    columns: 20,
    write: (text: string | Uint8Array) => {
      bytes += text.toString();
      return true;
    },
  };
  const screen = new Screen(out, out, env, { json: false, quiet: false, utc: false });
  return { screen, seen: () => bytes };
}

test('lines are put above the region, which is drawn again below them', () => {
  const { screen, seen } = terminal();
  let state = ['one', 'two'];
  using region = new LiveRegion(screen, () => state);
  screen.line('first');
  state = ['only one, and far too long for this'];
  screen.line('second');
  region.redraw();
  expect(shown(seen())).toEqual(['first', 'second', 'only one, and far …', '']);
});

test('at its end the region is gone, the cursor is there, and lines are plain again', () => {
  const { screen, seen } = terminal();
  const region = new LiveRegion(screen, () => ['x']);
  screen.line('first');
  region.end();
  region.end();
  screen.line('last');
  expect(shown(seen())).toEqual(['first', 'last', '']);
  expect(seen()).toMatch(/\x1b\[\?25h[^\x1b]*last\n$/);
});

test('a terminal in CI, a dumb one, or one without colour gets plain lines', () => {
  for (const env of [{ CI: 'true' }, { NO_COLOR: '1' }, { TERM: 'dumb' }])
    expect(terminal(env).screen.lively).toBe(false);
  expect(terminal({ TERM: 'xterm' }).screen.lively).toBe(true);
});

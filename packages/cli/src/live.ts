/**
 * The live region: some lines at the bottom of a terminal that are drawn again in place.
 *
 * Invariant: lines printed above it stay as they are; whatever way it ends, the region is wiped and the cursor shown.
 * It is made only where the screen is lively; elsewhere nothing of it is ever written.
 */
import type { Screen } from './screen.ts';
import { cut } from './table.ts';

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const wipeDown = '\r\x1b[J';
/** Holds the screen back until the end mark, where the terminal knows it: no flicker. */
const [holdScreen, letScreen] = ['\x1b[?2026h', '\x1b[?2026l'];

export class LiveRegion {
  readonly #screen: Screen;
  readonly #draw: () => string[];
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;
  #ended = false;
  readonly #onExit = () => this.end();

  /** `draw` gives the region's lines; it is asked ten times a second at most. */
  constructor(screen: Screen, draw: () => string[]) {
    this.#screen = screen;
    this.#draw = draw;
    screen.putLinesAbove((line) => this.#above(line));
    screen.raw(hideCursor);
    this.#timer = setInterval(() => this.redraw(), 250);
    this.#timer.unref();
    process.once('exit', this.#onExit);
  }

  redraw(): void {
    if (!this.#ended) this.#screen.raw(`${holdScreen}${this.#wipe()}${this.#paint()}${letScreen}`);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    process.off('exit', this.#onExit);
    this.#screen.raw(`${this.#wipe()}${showCursor}`);
    this.#screen.putLinesAbove(undefined);
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #above(line: string): void {
    this.#screen.raw(`${holdScreen}${this.#wipe()}${line}\n${this.#paint()}${letScreen}`);
  }

  #wipe(): string {
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : '';
    this.#drawn = 0;
    return `${up}${wipeDown}`;
  }

  #paint(): string {
    const lines = this.#draw().map((line) => cut(line, this.#screen.columns - 1));
    this.#drawn = lines.length;
    return lines.map((line) => `${line}\n`).join('');
  }
}

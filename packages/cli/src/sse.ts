/**
 * Server-sent events from bytes (WHATWG HTML, "Server-sent events", event stream interpretation).
 *
 * Invariant: wherever the bytes are cut into pieces, the same events come out; an event that is not ended by an empty
 * line is dropped, since its rest is missing.
 */
export interface SentEvent {
  id: string | undefined;
  event: string;
  data: string;
}

/** Longest event that is taken, in characters: an endless line must not take all memory. */
const longest = 4 * 1024 * 1024;

export class SentEventParser {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #data: string[] = [];
  #event = '';
  #id: string | undefined;

  /** The events that these bytes complete; comments (`: alive`) give none. */
  take(bytes: Uint8Array): SentEvent[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    if (this.#rest.length > longest) throw new Error('the hub sent an event without end');
    // A carriage return at the very end may be half of a line end: it waits for the next piece.
    const parts = this.#rest.split(/\r\n|\n|\r(?!$)/);
    this.#rest = parts.pop() ?? '';
    return parts.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): SentEvent | undefined {
    if (line === '') {
      const sent = { id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') };
      const told = this.#data.length > 0;
      this.#data = [];
      this.#event = '';
      return told ? sent : undefined;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return undefined;
  }
}

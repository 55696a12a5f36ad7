/**
 * What every verb has at hand: the hub, the screen, and the signal that ends it.
 *
 * Invariant: the configuration is read and the hub spoken to when a verb first asks for them, not before.
 */
import { Client } from '@moromi/contract';
import type { Host } from './host.ts';
import type { Screen } from './screen.ts';

export interface Globals {
  config?: string;
  hub?: string;
  patience?: number;
}

export class Session {
  readonly host: Host;
  readonly screen: Screen;
  readonly globals: Globals;
  /** Ends with Ctrl-C. */
  readonly signal: AbortSignal;
  #client: Client | undefined;
  #connection: { hub: string; token?: string } | undefined;

  constructor(host: Host, screen: Screen, globals: Globals, signal: AbortSignal) {
    this.host = host;
    this.screen = screen;
    this.globals = globals;
    this.signal = signal;
  }

  get connection(): { hub: string; token?: string } {
    this.#connection ??= this.host.connection(this.globals);
    return this.#connection;
  }

  get client(): Client {
    if (this.#client === undefined) {
      let told = false;
      this.#client = new Client({
        ...this.connection,
        patienceSeconds: this.globals.patience ?? 5,
        onRetry: (reason) => {
          if (!told) this.screen.note(`moromi: ${reason}; trying again`);
          told = true;
        },
      });
    }
    return this.#client;
  }
}

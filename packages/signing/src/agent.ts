/**
 * A connection to gpg-agent, which keeps the secret keys of a GnuPG home and signs digests, or has a token sign them. Over
 * one connection a signature costs what the arithmetic costs; `gpg --detach-sign` would be a process for each.
 *
 * The protocol is Assuan: lines of commands and replies, data with %XX for the few bytes that a line cannot hold
 * (GnuPG's manual, "Agent protocol"; libassuan's manual, "Assuan protocol"). Commands go one after another.
 */

import { connect, type Socket } from 'node:net';
import { SigningError } from './errors.ts';

/** A reply is a signature; the longest has a few thousand bytes. */
const MOST_BYTES = 64 * 1024;

/** What the agent may ask for while it works: the passphrase, or null where it was not given. */
export type Answer = (keyword: string) => string | null;

export class Agent {
  readonly #socket: Socket;
  readonly #answer: Answer;
  readonly #timeout: number;
  #rest: Buffer = Buffer.alloc(0);
  #waiting: ((line: Buffer | Error) => void) | null = null;
  #lines: Buffer[] = [];
  #broken: Error | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** Connects to the agent's socket. `timeout` in milliseconds bounds each command: a token may be slow, or gone. */
  static async connect(path: string, answer: Answer, timeout: number): Promise<Agent> {
    const agent = new Agent(connect(path), answer, timeout);
    await agent.#reply();
    return agent;
  }

  private constructor(socket: Socket, answer: Answer, timeout: number) {
    this.#socket = socket;
    this.#answer = answer;
    this.#timeout = timeout;
    socket.unref();
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#break(error));
    socket.on('close', () => this.#break(new Error('the connection was closed')));
  }

  get isBroken(): boolean {
    return this.#broken !== null;
  }

  /**
   * Sends commands at once, and gives the data that the last one brought. Throws what fails first, whatever the later
   * ones bring: SigningError signer_failed, passphrase_wrong.
   */
  run(...commands: string[]): Promise<Buffer> {
    const turn = this.#last.then(async () => {
      this.#send(commands.join('\n'));
      const replies: (Buffer | Error)[] = [];
      for (const _ of commands) replies.push(await this.#reply().catch((error: Error) => error));
      const last = replies.find((reply) => reply instanceof Error) ?? replies.at(-1);
      if (last instanceof Buffer) return last;
      throw last;
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #reply(): Promise<Buffer> {
    const parts: Buffer[] = [];
    let asked = 0;
    for (let bytes = 0; ; ) {
      const line = await this.#line();
      const word = line.toString('latin1', 0, Math.min(line.length, 8)).split(' ')[0];
      if (word === 'OK') return Buffer.concat(parts);
      if (word === 'ERR') throw asked > 1 ? askedAgain() : failed(line.toString('utf8', 4));
      if (word === 'INQUIRE') {
        asked += 1;
        // A token whose PIN was wrong is asked for it again, without end, and locks itself after a few wrong ones.
        if (asked > 1) this.#send('CAN');
        else this.#respond(line.toString('utf8', 8));
      }
      if (word !== 'D') continue;
      parts.push(unescaped(line.subarray(2)));
      bytes += line.length;
      if (bytes > MOST_BYTES) throw this.#break(new Error('the reply is too long'));
    }
  }

  #respond(asked: string): void {
    const [keyword = ''] = asked.split(' ');
    const answer = this.#answer(keyword);
    if (answer === null) this.#send('CAN');
    else if (answer === '') this.#send('END');
    else this.#send(`D ${escaped(answer)}\nEND`);
  }

  #send(line: string): void {
    if (this.#broken === null) this.#socket.write(`${line}\n`);
  }

  #line(): Promise<Buffer> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#broken !== null) return Promise.reject(failed(this.#broken.message));
    return new Promise((resolve, reject) => {
      this.#socket.ref();
      const timer = setTimeout(() => {
        this.#break(new Error(`it did not answer within ${this.#timeout / 1000} seconds`));
      }, this.#timeout);
      this.#waiting = (got) => {
        clearTimeout(timer);
        this.#waiting = null;
        this.#socket.unref();
        if (got instanceof Error) reject(failed(got.message));
        else resolve(got);
      };
    });
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#rest.indexOf(10); end >= 0; end = this.#rest.indexOf(10)) {
      this.#lines.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end + 1);
    }
    if (this.#rest.length > MOST_BYTES) this.#break(new Error('the reply is too long'));
    if (this.#waiting === null) return;
    const line = this.#lines.shift();
    if (line !== undefined) this.#waiting(line);
  }

  #break(error: Error): Error {
    this.#broken ??= error;
    this.#socket.destroy();
    this.#waiting?.(this.#broken);
    return failed(this.#broken.message);
  }
}

/** GnuPG's error codes, in the lower half of the number; the upper tells who found it. */
const WRONG = new Map([
  [11, 'The passphrase does not open the secret key in gpg-agent.'],
  [87, 'The PIN does not open the token. Mind that a token locks itself after a few wrong ones.'],
]);
const CANCELED = [99, 277];

function askedAgain(): SigningError {
  return new SigningError(
    'passphrase_wrong',
    'The token is not there, or the PIN does not open it. Mind that a token locks itself after a few wrong ones.',
  );
}

function failed(why: string): SigningError {
  const [, number, text] = /^(\d+) ?(.*)$/.exec(why) ?? [];
  const code = Number(number ?? 0) % 65_536;
  const wrong = WRONG.get(code);
  if (wrong !== undefined) return new SigningError('passphrase_wrong', wrong);
  if (CANCELED.includes(code))
    return new SigningError('passphrase_wrong', 'gpg-agent asks for a passphrase, and none was given.');
  return new SigningError('signer_failed', `gpg-agent did not sign: ${text ?? why}. Look at the GnuPG home.`);
}

function escaped(text: string): string {
  return text.replace(/[%\r\n]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function unescaped(line: Buffer): Buffer {
  const text = line.toString('latin1');
  return Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

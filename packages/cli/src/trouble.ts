/**
 * How anything that went wrong is told, and with which exit code.
 *
 * Invariant: whoever made the mistake reads one sentence with a stable code and one line of what to do; a stack trace
 * is shown on request only. Exit codes: 1 a task failed, 2 the command is wrong, 3 the hub or anything else, 130
 * interrupted.
 */
import { Problem } from '@moromi/contract';
import { printable } from './escape.ts';

export const exits = { ok: 0, failed: 1, usage: 2, trouble: 3, interrupted: 130 } as const;

/** Something wrong on the client's side; what the hub says comes as the contract's `Problem`. */
export class Trouble extends Error {
  readonly code: string;
  readonly todo: string;
  readonly exit: number;

  constructor(code: string, message: string, todo: string, exit: number = exits.trouble) {
    super(message);
    this.name = 'Trouble';
    this.code = code;
    this.todo = todo;
    this.exit = exit;
  }
}

const seeAll = 'See `moromi --help`.';

/** A command line that makes no sense. */
export function usage(message: string, todo = seeAll): Trouble {
  return new Trouble('usage', message, todo, exits.usage);
}

/**
 * What makes no sense, and what the hub says of a request that it does not understand, for whoever typed a verb and knows no
 * requests: that verb's help tells.
 */
export function forVerb(error: unknown, verb: string): unknown {
  const isWords = error instanceof Trouble && error.code === 'usage' && error.todo === seeAll;
  if (!isWords && !(error instanceof Problem && error.code === 'bad_request')) return error;
  const { code, message } = error;
  const exit = isWords ? error.exit : exits.trouble;
  const trouble = new Trouble(code, message, `See \`moromi ${verb} --help\`.`, exit);
  trouble.cause = error;
  return trouble;
}

export interface Explained {
  code: string;
  message: string;
  todo: string;
  exit: number;
}

/** An error of any origin in the form that is shown and, with `--json`, printed. */
export function explained(error: unknown): Explained {
  const { code, todo, exit } = error as { code?: unknown; todo?: unknown; exit?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  if (typeof code === 'string' && typeof todo === 'string') {
    return {
      code,
      message,
      todo: unreachable(code, message) ? 'Start it, or say which one with --hub or MOROMI_HUB.' : todo,
      exit: typeof exit === 'number' ? exit : exits.trouble,
    };
  }
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) {
    const network = code.startsWith('EADDR');
    const look = network
      ? 'Choose another address with --listen, or stop what uses it.'
      : 'Look at the file or folder that the message names.';
    return { code, message, todo: look, exit: exits.trouble };
  }
  const report = 'This is a defect: run it again with --debug and report what it prints.';
  return { code: 'internal', message, todo: report, exit: exits.trouble };
}

export function explain(error: unknown, { debug }: { debug: boolean }): { text: string; exit: number } {
  const { code, message, todo, exit } = explained(error);
  const lines = [
    `moromi: ${printable(message, { lines: true })} (${code})`,
    `what to do: ${printable(todo)}`,
  ];
  if (debug && error instanceof Error) {
    lines.push(printable(error.stack ?? '', { lines: true }));
    if (error.cause instanceof Error) {
      lines.push(`caused by: ${printable(error.cause.stack ?? '', { lines: true })}`);
    }
  }
  return { text: `${lines.join('\n')}\n`, exit };
}

/** The contract has one code for a hub without database and a hub that does not answer; only the latter is our case. */
function unreachable(code: string, message: string): boolean {
  return code === 'ledger_unavailable' && message.includes('does not answer');
}

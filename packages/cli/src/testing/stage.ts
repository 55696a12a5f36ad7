/** A host and streams for tests of verbs: what is written is kept. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../host.ts';
import { runCli } from '../program.ts';
import { explain } from '../trouble.ts';

export interface Played {
  out: string;
  err: string;
  exit: number;
}

/** Runs a command line against a hub, as the executable does. */
export async function play(
  hub: string,
  args: string[],
  more: Partial<Host> = {},
  /** Told all of the output so far, whenever more comes. */
  heard: (out: string) => void = () => {},
): Promise<Played> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const into = (kept: Buffer[]) => ({
    write: (text: string | Uint8Array) => {
      kept.push(Buffer.from(text));
      if (kept === out) heard(Buffer.concat(out).toString());
      return true;
    },
  });
  const host: Host = {
    version: '0.0.0',
    out: into(out),
    err: into(err),
    env: { HOME: mkdtempSync(join(tmpdir(), 'moromi-cli-')) },
    connection: () => ({ hub, token: 'moromi_token' }),
    processes: [{ name: 'hub', summary: 'Run a hub', flags: ['--home'] }],
    shell: async () => 0,
    mockConfig: () => "config_opts['root'] = 'x'\n",
    ...more,
  };
  let exit: number;
  try {
    exit = await runCli(args, host);
  } catch (error) {
    const told = explain(error, { debug: false });
    err.push(Buffer.from(told.text));
    exit = told.exit;
  }
  return { out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString(), exit };
}

import type { Host } from './host.ts';
export async function runCli(args: string[], host: Host): Promise<number> {
  console.log(args, host.version);
  return 0;
}

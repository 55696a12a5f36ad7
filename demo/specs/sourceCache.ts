/** Where finished source packages and fetched tarballs stand. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export function sourceCacheFolder(): string {
  const given = process.env['MOROMI_SOURCE_CACHE'];
  if (given) return given;
  if (process.getuid?.() === 0) return '/var/cache/moromi/sources';
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'moromi', 'sources');
}

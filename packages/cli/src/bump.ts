/** How what is built again gets its new version. */
import type { Bump } from '@moromi/contract';
import { usage } from './trouble.ts';
import type { Options } from './verb.ts';

export function bumpOf(options: Options): Bump {
  const suffix = options.text('dist-suffix');
  const text = options.text('bump');
  const author = options.text('author');
  if (suffix !== undefined && text !== undefined)
    throw usage('--dist-suffix and --bump are two ways; choose one');
  if (suffix !== undefined) return { how: 'dist', suffix };
  if (text === undefined) return { how: 'none' };
  if (author === undefined) throw usage("--bump wants --author 'Name <mail>' for the changelog");
  return { how: 'release', author, text };
}

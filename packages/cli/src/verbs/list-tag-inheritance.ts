/** `moromi list-tag-inheritance`: the tree in whose order a tag looks at its ancestors. */
import { printable } from '../escape.ts';
import { past, pastOptions } from '../past.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

interface Stop {
  tag: string;
  depth: number;
  maxdepth: number | null;
  pkgFilter: string | null;
  intransitive: boolean;
  noconfig: boolean;
}

export const listTagInheritance: Verb = {
  name: 'list-tag-inheritance',
  takes: '<tag>',
  summary: 'Show what a tag inherits from, in the order in which it looks there',
  options: [{ flags: '--reverse', summary: 'what inherits from it' }, ...pastOptions],
  notes: [
    'The letters before a tag say what its link is: M maxdepth, F package filter, I intransitive, N noconfig.',
    'A tag stands there twice where more comes through by the second way.',
  ],
  async run({ client, signal, screen }, [name = ''], options) {
    const query = { ...(options.flag('reverse') ? { reverse: true } : {}), ...past(options, screen) };
    const reply = await client.call('listInheritance', { params: { name }, query }, { signal });
    if (screen.json) screen.document(reply);
    else screen.lines(inheritanceTree(reply.items).map((line) => printable(line)));
    return exits.ok;
  },
};

/** Lines in Koji's form. @param stops in the order of a walk that goes down first */
export function inheritanceTree(stops: readonly Stop[]): string[] {
  return stops.map((stop, index) => {
    if (stop.depth === 0) return `     ${stop.tag}`;
    const flags = [
      stop.maxdepth === null ? '.' : 'M',
      stop.pkgFilter === null ? '.' : 'F',
      stop.intransitive ? 'I' : '.',
      stop.noconfig ? 'N' : '.',
    ].join('');
    const rails = Array.from({ length: stop.depth - 1 }, (_, n) =>
      follows(stops, index, n + 1) ? ' │ ' : '   ',
    );
    const branch = follows(stops, index, stop.depth) ? ' ├─' : ' └─';
    return `${flags} ${rails.join('')}${branch}${stop.tag}`;
  });
}

/** Whether another stop of that depth comes before the walk goes above it. */
function follows(stops: readonly Stop[], index: number, depth: number): boolean {
  const next = stops.slice(index + 1).find((one) => one.depth <= depth);
  return next?.depth === depth;
}

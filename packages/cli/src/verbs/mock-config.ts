/** `moromi mock-config`: a configuration for mock that makes the root which a builder would make. */
import type { RootOrder } from '@moromi/contract';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const mockConfig: Verb = {
  name: 'mock-config',
  takes: '<target>',
  summary: 'Print a mock configuration for a target',
  options: [{ flags: '--arch <arch>', summary: "architecture of the root (the target's first)" }],
  async run(session, [target = ''], options) {
    const { client, signal, screen, host } = session;
    const params = { name: target };
    const arch =
      options.text('arch') ?? (await client.call('getTarget', { params }, { signal })).arches[0] ?? 'x86_64';
    const order = await client.call('mockConfig', { params, query: { arch } }, { signal });
    if (screen.json) screen.document(order);
    else screen.raw(`${(await host.mockConfig(order as RootOrder)).replace(/\n+$/, '')}\n`);
    return exits.ok;
  },
};

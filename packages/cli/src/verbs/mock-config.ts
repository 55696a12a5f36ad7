/** `moromi mock-config`: a configuration for mock that makes the root which a builder would make. */
import type { RootOrder } from '@moromi/contract';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { commaList } from '../words.ts';

export const mockConfig: Verb = {
  name: 'mock-config',
  takes: '<target>',
  summary: 'Print a mock configuration for a target',
  options: [
    { flags: '--arch <arch>', summary: "architecture of the root (the target's first)" },
    { flags: '--package <name>', summary: 'with what settings say of this package' },
    { flags: '--nvr <nvr>', summary: 'with what they say of this build' },
    { flags: '--flavour <flavour>', summary: 'with what a flavour adds', many: true },
  ],
  async run(session, [target = ''], options) {
    const { client, signal, screen, host } = session;
    const params = { name: target };
    const arch =
      options.text('arch') ?? (await client.call('getTarget', { params }, { signal })).arches[0] ?? 'x86_64';
    const name = options.text('package');
    const nvr = options.text('nvr');
    const flavours = commaList(options.list('flavour')).join(',');
    const query = {
      arch,
      ...(name === undefined ? {} : { package: name }),
      ...(nvr === undefined ? {} : { nvr }),
      ...(flavours === '' ? {} : { flavours }),
    };
    const order = await client.call('mockConfig', { params, query }, { signal });
    if (screen.json) screen.document(order);
    else screen.raw(`${(await host.mockConfig(order as RootOrder)).replace(/\n+$/, '')}\n`);
    return exits.ok;
  },
};

/** `moromi moshimoshi`: who am I, and who is there. */
import { printable } from '../escape.ts';
import { span } from '../figures.ts';
import { fields } from '../table.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const moshimoshi: Verb = {
  name: 'moshimoshi',
  takes: '',
  summary: 'Say hello to the hub: who you are there, and what it runs',
  options: [],
  async run(session, _words, _options) {
    const { client, signal, screen } = session;
    const status = await client.call('status', {}, { signal });
    if (screen.json) screen.document({ ...status, address: client.hub });
    else {
      screen.line(`Moshimoshi, ${printable(status.principal)}!`);
      screen.lines(
        fields([
          ['Hub', client.hub],
          ['Name', status.hub],
          ['Version', status.version],
          ['Ledger', status.ledger],
          ['Up for', span(status.uptimeSeconds)],
          ['Client', session.host.version],
        ]),
      );
    }
    return exits.ok;
  },
};

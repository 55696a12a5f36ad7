/** `moromi rpm-info`: one package with its signed copies. */
import { bytes } from '../figures.ts';
import { showSignings } from '../signing-view.ts';
import { fields } from '../table.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const rpmInfo: Verb = {
  name: 'rpm-info',
  koji: 'rpminfo',
  takes: '<rpm>',
  summary: 'Show a package, by its NEVRA or file name, and who has signed it',
  options: [],
  async run(session, [rpm = ''], _options) {
    const { client, signal, screen } = session;
    const info = await client.call('getRpm', { params: { rpm } }, { signal });
    if (screen.json) {
      screen.document(info);
      return exits.ok;
    }
    screen.lines(
      fields([
        ['RPM', info.nevra],
        ['File', info.name],
        ['Build', `${info.nvr ?? ''} (${info.build})`],
        ['Counts', info.live ? undefined : 'no: its build failed, was canceled, or was scratch'],
        ['Size', bytes(info.size)],
        ['SHA-256', info.sha256],
        ['Address', info.url],
      ]),
    );
    if (info.signings.length > 0) {
      screen.line();
      showSignings(screen, info.signings);
    }
    return exits.ok;
  },
};

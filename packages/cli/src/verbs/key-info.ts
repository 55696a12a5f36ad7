/** `moromi key-info`, `revoke-key`, `rotate-key`: one key, and its end. */
import type { SigningKey } from '@moromi/contract';
import { moment } from '../figures.ts';
import type { Screen } from '../screen.ts';
import { fields } from '../table.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const keyInfo: Verb = {
  name: 'key-info',
  takes: '<name>',
  summary: 'Show a key',
  options: [],
  async run(session, [name = ''], _options) {
    const { client, signal, screen } = session;
    show(screen, await client.call('getKey', { params: { name } }, { signal }));
    return exits.ok;
  },
};

export const revokeKey: Verb = {
  name: 'revoke-key',
  takes: '<name>',
  summary: 'Let nothing be signed with a key any more, and what it signed be given no more',
  options: [{ flags: '--reason <text>', summary: 'why' }],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const reason = options.text('reason');
    if (reason === undefined || reason === '') throw usage('revoke-key wants --reason');
    show(screen, await client.call('revokeKey', { params: { name }, body: { reason } }, { signal }));
    return exits.ok;
  },
};

export const rotateKey: Verb = {
  name: 'rotate-key',
  takes: '<old> <new>',
  summary: 'Let another key take its place in all tags; what it signed stays good',
  options: [],
  async run(session, [name = '', to = ''], _options) {
    const { client, signal, screen } = session;
    show(screen, await client.call('rotateKey', { params: { name }, body: { to } }, { signal }));
    return exits.ok;
  },
};

function show(screen: Screen, key: SigningKey): void {
  if (screen.json) {
    screen.document(key);
    return;
  }
  screen.lines(
    fields([
      ['Name', key.name],
      ['Fingerprint', key.fingerprint],
      ['Key', key.keyId],
      ['Kind', key.algorithm],
      ['State', key.expired ? `${key.state}, expired` : key.state],
      ['Reason', key.reason],
      ['Revoked', moment(key.revokedAt, screen)],
      ['Successor', key.successor],
      ['Made', moment(key.createdAt, screen)],
      ['Expires', moment(key.expiresAt, screen)],
      ['Added', `${moment(key.addedAt, screen)} by ${key.addedBy}`],
      ['Kept', key.offline ? 'by hand, where no hub is reached' : key.backend],
      ['Signers', key.signers.join(', ')],
      ['Tags', key.tags.join(', ')],
      ['Signed', key.signed],
      ['Waiting', key.waiting],
      ['Public key', key.url],
    ]),
  );
}

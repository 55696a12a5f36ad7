/** `moromi scrub`: whether the stored files are what they should be. */
import type { ScrubStatus } from '@moromi/contract';
import { bytes, moment } from '../figures.ts';
import type { Screen } from '../screen.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

const what = {
  missing: 'is not there',
  size: 'has another size',
  content: 'has other bytes',
};

export const scrub: Verb = {
  name: 'scrub',
  takes: '',
  summary: 'Show how far the checking of stored files has come and what is damaged, or check all of them now',
  options: [
    { flags: '--now', summary: 'begin at once, as fast as the hub is set' },
    { flags: '--status', summary: 'only show it (so it is usually)' },
  ],
  notes: ['It ends with 1 where something is damaged.'],
  async run({ client, signal, screen }, _, options) {
    if (options.flag('now') && options.flag('status')) throw usage('say one of --now and --status');
    const said = options.flag('now')
      ? await client.call('startScrub', { body: {} }, { signal })
      : await client.call('getScrub', {}, { signal });
    if (screen.json) screen.document(said);
    else show(said, screen);
    return said.damaged.length > 0 ? exits.failed : exits.ok;
  },
};

function show({ round, damaged }: ScrubStatus, screen: Screen): void {
  if (round === null) screen.line('Nothing was checked yet.');
  else {
    const read = `${round.read.blobs} files, ${bytes(round.read.bytes)}`;
    screen.line(
      round.endedAt === null
        ? `Since ${moment(round.beganAt, screen)}: ${read} read; ${round.left.blobs} files, ${bytes(round.left.bytes)} left`
        : `The last round ended ${moment(round.endedAt, screen)}: ${read} read`,
    );
  }
  if (damaged.length === 0) screen.line('Nothing is known to be damaged.');
  for (const one of damaged) {
    screen.line(
      `${one.sha256} ${what[one.damage]} (${bytes(one.size)}, found ${moment(one.damagedAt, screen)})`,
    );
    for (const whole of one.partOf) screen.line(`  ${whole}`);
  }
}

/** `moromi update-builders`: workers look at their settings and their machines again, without being restarted. */
import { printable } from '../escape.ts';
import { moment } from '../figures.ts';
import { type Refreshed, untilAnswered } from '../refresh.ts';
import type { Screen } from '../screen.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

/** A heartbeat's time and what looking takes, on a machine that builds. */
const usualSeconds = 60;

export const updateBuilders: Verb = {
  name: 'update-builders',
  takes: '[worker...]',
  summary: 'Let workers read their settings and look at their machines again; shows what has changed',
  options: [
    { flags: '--no-wait', summary: 'only ask, and do not wait for answers' },
    { flags: '--timeout <seconds>', summary: `how long to wait for answers; ${usualSeconds} where not said` },
  ],
  notes: [
    'All workers where none are named. What they build goes on.',
    'Exit code 1 where one that is online has not answered.',
  ],
  async run(session, names, options) {
    const { client, signal, screen } = session;
    const seconds = options.integer('timeout', 1, 86_400) ?? usualSeconds;
    const body = names.length === 0 ? {} : { workers: names };
    const { items } = await client.call('refreshWorkers', { body }, { signal });
    const tell = (one: Refreshed) => {
      if (!screen.json) screen.line(printable(lineOf(one, seconds, screen)));
    };
    let found: Refreshed[];
    if (options.off('wait')) {
      found = items.map((worker) => ({ worker, outcome: 'asked', changes: [] }));
      for (const one of found) tell(one);
    } else found = await untilAnswered(session, items, seconds, tell);
    if (screen.json) screen.document(found.map(plain));
    return found.some(({ outcome }) => outcome === 'silent') ? exits.failed : exits.ok;
  },
};

function lineOf(one: Refreshed, seconds: number, screen: Screen): string {
  const { name, offer } = one.worker;
  return `${name} (${offer.version}): ${words(one, seconds, screen)}`;
}

function words({ worker, outcome, changes }: Refreshed, seconds: number, screen: Screen): string {
  if (outcome === 'asked') return 'asked';
  if (outcome === 'away') {
    const seen =
      worker.lastSeenAt === null ? 'never seen' : `last seen at ${moment(worker.lastSeenAt, screen)}`;
    return `away, ${seen}; it looks at itself when it comes back`;
  }
  if (outcome === 'silent')
    return `no answer within ${seconds} s; an older version does not know the question and takes a restart`;
  const { problem = null, restart = [] } = worker.refresh ?? {};
  return [
    ...changes.map(({ what, from, to }) => `${what}: ${from} → ${to}`),
    ...(changes.length === 0 && problem === null ? ['unchanged'] : []),
    ...(problem === null ? [] : [`goes on with what it offered: ${problem}`]),
    ...(restart.length === 0 ? [] : [`takes a restart: ${restart.join(', ')}`]),
    ...(worker.unfit === null ? [] : [`takes nothing now: ${worker.unfit.reason}`]),
  ].join('; ');
}

function plain({ worker, outcome, changes }: Refreshed) {
  return {
    name: worker.name,
    version: worker.offer.version,
    outcome,
    changes,
    problem: outcome === 'answered' ? (worker.refresh?.problem ?? null) : null,
    restart: outcome === 'answered' ? (worker.refresh?.restart ?? []) : [],
    worker,
  };
}

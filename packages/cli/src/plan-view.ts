/**
 * A rebuild's plan for people: how much there is, what bounds it, what stands in its way.
 */
import type { Plan } from '@moromi/contract';
import { awaitPlan } from './batch.ts';
import { printable } from './escape.ts';
import { span } from './figures.ts';
import type { Session } from './session.ts';
import { fields } from './table.ts';
import { exits } from './trouble.ts';

/** Of the longest chain so many are shown. */
const shownLinks = 12;
const shownProblems = 20;

/** Of what was only to be planned. @returns the exit code */
export async function showPlan(session: Session, batch: number): Promise<number> {
  const { screen } = session;
  const { plan, failure, state, ...rest } = await awaitPlan(session, batch);
  if (screen.json) screen.document({ ...rest, state, failure, plan });
  else {
    if (plan !== null) screen.lines(planLines(plan));
    if (failure !== null) screen.line(printable(failure.message));
    if (state === 'planned') screen.note(`begin it with: moromi start-batch ${batch}`);
  }
  return state === 'failed' ? exits.failed : exits.ok;
}

export function planLines(plan: Plan): string[] {
  const broken = plan.cycles.filter((one) => one.broken !== 'not');
  const open = plan.cycles.filter((one) => one.broken === 'not');
  return [
    ...fields([
      ['Packages', `${plan.packages}, with ${plan.edges} needs among them`],
      ['Expected', expectedWords(plan)],
      ['Bound by', boundWords(plan)],
      ['Longest chain', chainWords(plan)],
      [
        'Cycles',
        plan.cycles.length === 0 ? 'none' : `${plan.cycles.length}, ${broken.length} of them broken`,
      ],
      [
        'Missing',
        plan.missing.length === 0 ? 'nothing' : `${plan.missing.length} requirements that nothing provides`,
      ],
    ]),
    ...open.slice(0, shownProblems).map((one) => printable(`cycle: ${[...one.way, one.way[0]].join(' → ')}`)),
    ...broken
      .slice(0, shownProblems)
      .map((one) =>
        printable(
          `cycle of ${one.packages.length}, broken by ${one.broken === 'bootstrap' ? 'its bootstrap' : 'the present builds'}: ${[...one.way, one.way[0]].join(' → ')}`,
        ),
      ),
    ...plan.missing
      .slice(0, shownProblems)
      .map((one) =>
        printable(
          `${one.package} (${one.arch}): nothing provides ${one.requirement}${one.nearest === null ? '' : `; did you mean ${one.nearest}?`}`,
        ),
      ),
    ...(open.length > 0
      ? [
          'declare what breaks a cycle with --bootstrap PACKAGE, or build against what is there with --old-for-cycles',
        ]
      : []),
  ];
}

function expectedWords({ makespanSeconds, guessed, packages }: Plan): string {
  if (makespanSeconds === null) return 'nobody can say: a cycle is open, or an architecture has no builder';
  const stands = guessed === 0 ? '' : `; the durations of ${guessed} of ${packages} are guessed`;
  return `${span(makespanSeconds)} on the fleet as it is, with nothing else to do${stands}`;
}

function boundWords({ bound }: Plan): string | null {
  if (bound === null) return null;
  const path = `the longest chain takes ${span(bound.pathSeconds)}`;
  const work = `all work over all builders ${span(bound.workSeconds)}`;
  return bound.by === 'path'
    ? `its longest chain: ${path}, ${work}`
    : `the number of builders: ${work}, ${path}`;
}

function chainWords({ chain }: Plan): string | null {
  if (chain.length === 0) return null;
  const shown = chain.slice(0, shownLinks).map((one) => `${one.package} (${span(one.seconds)})`);
  return `${shown.join(' → ')}${chain.length > shownLinks ? ` → ${chain.length - shownLinks} more` : ''}`;
}

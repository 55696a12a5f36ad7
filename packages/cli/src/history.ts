/**
 * The catalogue's past, in sentences.
 *
 * Invariant: what ended and began again in one change is told once, as altered.
 */
import type { HistoryEntry } from '@moromi/contract';
import { moment } from './figures.ts';

/** @param entries newest first, as the hub tells them. @returns lines, oldest first */
export function historyLines(
  entries: readonly HistoryEntry[],
  { utc, changes }: { utc: boolean; changes: boolean },
): string[] {
  const keyOf = (one: HistoryEntry) => JSON.stringify([one.change, one.kind, one.tag, one.subject]);
  const began = new Set(entries.filter((one) => one.begins).map(keyOf));
  const ended = new Set(entries.filter((one) => !one.begins).map(keyOf));
  return entries
    .filter((one) => one.begins || !began.has(keyOf(one)))
    .toReversed()
    .map((one) => {
      const sentence = sentenceOf(one, ended.has(keyOf(one)) && one.begins);
      const number = changes ? ` (change ${one.change})` : '';
      return `${moment(one.at, { utc })}${number} ${sentence} by ${one.actor}${one.active ? ' [still active]' : ''}`;
    });
}

function sentenceOf(one: HistoryEntry, altered: boolean): string {
  const { tag, subject, begins, data } = one;
  switch (one.kind) {
    case 'build':
      return altered
        ? `${subject} tagged into ${tag} again`
        : begins
          ? `${subject} tagged into ${tag}`
          : `${subject} untagged from ${tag}`;
    case 'package': {
      const list = data['blocked'] === true ? 'blocked in' : 'in';
      if (!begins) return `package list entry removed: ${subject} in ${tag}`;
      return `package list entry ${altered ? 'altered' : 'created'}: ${subject} ${list} ${tag}, owner ${String(data['owner'])}`;
    }
    case 'parent':
      if (!begins) return `inheritance line ${tag}->${subject} removed`;
      return `inheritance line ${tag}->${subject} ${altered ? 'altered' : 'added'}${terms(data)}`;
    case 'tag':
      if (!begins) return `tag ${subject} removed`;
      return `tag configuration of ${subject} ${altered ? 'altered' : 'created'}${data['locked'] === true ? ', locked' : ''}`;
    case 'target':
      if (!begins) return `target ${subject} removed`;
      return `target ${subject} ${altered ? 'altered' : 'created'}: ${String(data['buildTag'])} -> ${String(data['destTag'])}`;
  }
}

function terms(data: Record<string, unknown>): string {
  const said = [
    `priority ${String(data['priority'])}`,
    ...(typeof data['maxdepth'] === 'number' ? [`maxdepth ${data['maxdepth']}`] : []),
    ...(data['intransitive'] === true ? ['intransitive'] : []),
    ...(data['noconfig'] === true ? ['noconfig'] : []),
    ...(typeof data['pkgFilter'] === 'string' ? [`filter ${data['pkgFilter']}`] : []),
  ];
  return ` (${said.join(', ')})`;
}

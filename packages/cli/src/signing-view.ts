/** Packages and the keys that sign them, as they are listed. */
import type { Signing } from '@moromi/contract';
import type { Screen } from './screen.ts';

export function showSignings(screen: Screen, items: Signing[]): void {
  screen.table(
    [
      { head: 'RPM', cell: (one) => one.name },
      { head: 'Key', cell: (one) => one.key },
      { head: 'State', cell: (one) => one.state },
      { head: 'By', cell: (one) => one.signer },
      { head: 'Task', cell: (one) => one.task, right: true },
      { head: 'SHA-256 of the copy', cell: (one) => one.signed?.sha256 ?? '' },
    ],
    items,
  );
  const troubles = new Set(items.flatMap((one) => (one.failure === null ? [] : [one.failure.message])));
  for (const message of troubles) screen.line(message);
}

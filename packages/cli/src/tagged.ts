/** Builds in tags, as tables show them. */
import type { TaggedBuild } from '@moromi/contract';
import { moment } from './figures.ts';
import type { Column } from './table.ts';

export function taggedColumns(screen: { utc: boolean }): Column<TaggedBuild>[] {
  return [
    { head: 'Build', cell: (one) => one.nvr },
    { head: 'Tag', cell: (one) => one.tag },
    { head: 'Built by', cell: (one) => one.owner },
    { head: 'Tagged', cell: (one) => moment(one.taggedAt, screen) },
  ];
}

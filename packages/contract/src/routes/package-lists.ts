/** Package lists of tags. */
import { Type } from 'typebox';
import { Changed } from '../catalog.ts';
import { ListedPackage, NamedPackages, NewPackages, PackageName, PackagesEdit } from '../package-list.ts';
import type { Route } from '../route.ts';
import { Name, Page, PageQuery } from '../shapes.ts';
import { byName, flag, past } from './params.ts';

const common = { demand: 'admin', params: byName, reply: Changed } as const;

export const packageListRoutes = {
  listPackages: {
    method: 'GET',
    path: '/package-lists',
    summary: 'Entries of package lists: of a tag with what it inherits, or of all tags',
    demand: 'anyone',
    query: Type.Object({
      ...PageQuery,
      tag: Type.Optional(Name),
      package: Type.Optional(PackageName),
      owner: Type.Optional(Name),
      /** Of the tag: what its parents list as well, unless an entry nearer says otherwise. */
      inherit: flag,
      /** Blocked ones too. */
      blocked: flag,
      ...past,
    }),
    reply: Page(ListedPackage),
    errors: ['unknown_tag', 'unknown_change'],
  },
  addPackages: {
    ...common,
    method: 'POST',
    path: '/tags/:name/packages',
    summary: "Put packages into a tag's list",
    body: NewPackages,
    errors: ['unknown_tag', 'package_blocked', 'tag_locked'],
  },
  editPackages: {
    ...common,
    method: 'POST',
    path: '/tags/:name/packages/edit',
    summary: 'Change who looks after packages of a tag, or their architectures',
    body: PackagesEdit,
    errors: ['unknown_tag', 'package_not_listed', 'tag_locked'],
  },
  blockPackages: {
    ...common,
    method: 'POST',
    path: '/tags/:name/packages/block',
    summary: 'Hide packages in a tag and in all that inherits from it',
    body: NamedPackages,
    errors: ['unknown_tag', 'package_not_listed', 'tag_locked'],
  },
  unblockPackages: {
    ...common,
    method: 'POST',
    path: '/tags/:name/packages/unblock',
    summary: 'Show packages again, whoever among the ancestors hides them',
    body: NamedPackages,
    errors: ['unknown_tag', 'package_not_listed', 'tag_locked'],
  },
  removePackages: {
    ...common,
    method: 'POST',
    path: '/tags/:name/packages/remove',
    summary: "Take packages out of a tag's own list, so that its parents' lists count",
    body: NamedPackages,
    errors: ['unknown_tag', 'package_not_listed', 'tag_in_use', 'tag_locked'],
  },
} as const satisfies Record<string, Route>;

/** Repositories of tags and repositories that are shipped. */
import { Type } from 'typebox';
import { DistEdit, DistRecord, DistRepo, DistRevision, NewDistRepo, RepoScriptRun } from '../dist.ts';
import { Hold, NewHold } from '../hold.ts';
import type { Route } from '../route.ts';
import { FileName, Id, Name, Nullable, Page, PageQuery, Sha256 } from '../shapes.ts';
import { byName } from './params.ts';

const Made = Type.Object({ task: Id });
const revisionOf = Type.Object({ name: Name, number: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) });

export const repoRoutes = {
  regenRepo: {
    method: 'POST',
    path: '/tags/:name/regenerate',
    summary: "Make a new revision of a tag's build repository now, whether it has changed or not",
    demand: 'admin',
    params: byName,
    reply: Made,
    errors: ['unknown_tag', 'bad_request'],
  },
  waitRepo: {
    method: 'GET',
    path: '/tags/:name/wait',
    summary:
      "Answers when the tag's build repository shows builds, or what the tag holds now; or after a while",
    demand: 'anyone',
    params: byName,
    query: Type.Object({
      /** Names, versions and releases, or numbers, with commas between; without them what the tag holds now. */
      builds: Type.Optional(Type.String({ maxLength: 20_000 })),
      waitSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 25 })),
    }),
    reply: Type.Object({
      /** The revision that shows it; null: not yet, ask again. */
      revision: Nullable(Type.Integer()),
      /** Builds that the tag does not hold: no revision will ever show them as it is. */
      missing: Type.Array(Type.String()),
      /** Builds that it holds, and that none shows because another of their package is the latest there. */
      superseded: Type.Array(Type.Object({ build: Type.String(), by: Type.String() })),
      /** The task that makes the revision; null where none is at work. */
      task: Nullable(Id),
    }),
    errors: ['unknown_tag', 'unknown_build'],
  },
  rollBackRepo: {
    method: 'POST',
    path: '/tags/:name/revisions/:number/restore',
    summary: "Give the content of an older revision of a tag's build repository again, under a new number",
    demand: 'admin',
    params: revisionOf,
    reply: Made,
    errors: ['unknown_tag', 'unknown_revision'],
  },
  holdRevision: {
    method: 'POST',
    path: '/holds',
    summary: 'Keep a revision of a repository from expiring for a while; builds and newer revisions go on',
    demand: 'admin',
    body: NewHold,
    reply: Hold,
    errors: ['unknown_revision', 'bad_request'],
  },
  listHolds: {
    method: 'GET',
    path: '/holds',
    summary: 'Revisions that are held, and why',
    demand: 'anyone',
    query: Type.Object(PageQuery),
    reply: Page(Hold),
    errors: [],
  },
  releaseHold: {
    method: 'POST',
    path: '/holds/:hold/release',
    summary: 'End a hold',
    demand: 'admin',
    params: Type.Object({ hold: Id }),
    reply: Hold,
    errors: ['unknown_hold'],
  },
  createDist: {
    method: 'POST',
    path: '/dist-repos',
    summary: 'Add a repository that is shipped',
    demand: 'admin',
    body: NewDistRepo,
    reply: DistRepo,
    errors: ['repo_exists', 'unknown_tag', 'unknown_key', 'key_offline', 'no_zchunk', 'bad_name'],
  },
  listDists: {
    method: 'GET',
    path: '/dist-repos',
    summary: 'All repositories that are shipped',
    demand: 'anyone',
    query: Type.Object(PageQuery),
    reply: Page(DistRepo),
    errors: [],
  },
  getDist: {
    method: 'GET',
    path: '/dist-repos/:name',
    summary: 'A repository that is shipped',
    demand: 'anyone',
    params: byName,
    reply: DistRepo,
    errors: ['unknown_repo'],
  },
  editDist: {
    method: 'POST',
    path: '/dist-repos/:name/edit',
    summary: 'Change what a repository that is shipped is made of; what is not named stays',
    demand: 'admin',
    params: byName,
    body: DistEdit,
    reply: DistRepo,
    errors: ['unknown_repo', 'unknown_key', 'key_offline', 'no_zchunk'],
  },
  addDistRecord: {
    method: 'POST',
    path: '/dist-repos/:name/records',
    summary:
      'Give a repository a record of its own from an uploaded file: comps, modules, updateinfo, a product id',
    demand: 'admin',
    params: byName,
    body: Type.Object({
      type: DistRecord.properties.type,
      sha256: Sha256,
      name: FileName,
      trees: DistRecord.properties.trees,
    }),
    reply: DistRepo,
    errors: ['unknown_repo', 'unknown_blob', 'bad_record', 'too_large', 'bad_request'],
  },
  removeDistRecord: {
    method: 'POST',
    path: '/dist-repos/:name/records/remove',
    summary: 'Take a record from a repository that is shipped',
    demand: 'admin',
    params: byName,
    body: Type.Object({
      type: DistRecord.properties.type,
      /** Those for which it was given; without them the one of all trees. */
      trees: DistRecord.properties.trees,
    }),
    reply: DistRepo,
    errors: ['unknown_repo', 'unknown_record'],
  },
  requestDist: {
    method: 'POST',
    path: '/dist-repos/:name/revisions',
    summary: 'Make a new revision of a repository that is shipped',
    demand: 'admin',
    params: byName,
    reply: Made,
    errors: ['unknown_repo'],
  },
  listRepoScripts: {
    method: 'GET',
    path: '/repo-scripts',
    summary: 'What the programs that run after revisions have done, and what they wait for',
    demand: 'anyone',
    query: Type.Object({ repo: Type.Optional(Name) }),
    reply: Type.Object({ items: Type.Array(RepoScriptRun) }),
    errors: [],
  },
  runRepoScript: {
    method: 'POST',
    path: '/repo-scripts/run',
    summary: 'Have programs run again for the revision that a repository shows',
    demand: 'admin',
    body: Type.Object({ repo: Name, script: Type.Optional(Type.String({ maxLength: 200 })) }),
    reply: Type.Object({ again: Type.Integer({ description: 'programs' }) }),
    errors: ['unknown_repo', 'unknown_script'],
  },
  listDistRevisions: {
    method: 'GET',
    path: '/dist-repos/:name/revisions',
    summary: 'Revisions of a repository that is shipped, newest first',
    demand: 'anyone',
    params: byName,
    query: Type.Object(PageQuery),
    reply: Page(DistRevision),
    errors: ['unknown_repo'],
  },
  rollBackDist: {
    method: 'POST',
    path: '/dist-repos/:name/revisions/:number/restore',
    summary: 'Give the content of an older revision again, under a new number',
    demand: 'admin',
    params: revisionOf,
    reply: Made,
    errors: ['unknown_repo', 'unknown_revision'],
  },
} as const satisfies Record<string, Route>;

/**
 * The schema's history, oldest first.
 *
 * Invariant: a migration that has landed is never edited; a later one changes what it did.
 */
import { ledger } from './0001-ledger.ts';
import { blobs } from './0002-blobs.ts';
import { identity } from './0003-identity.ts';
import { catalog } from './0004-catalog.ts';
import { tasks } from './0005-tasks.ts';
import { logs } from './0006-logs.ts';
import { builds } from './0007-builds.ts';
import { repos } from './0008-repos.ts';
import { firstTask } from './0009-first-task.ts';
import { fleet } from './0010-fleet.ts';
import { batches } from './0011-batches.ts';
import { rebuilds } from './0013-rebuilds.ts';
import { links } from './0014-links.ts';
import { told } from './0015-told.ts';
import { tries } from './0016-tries.ts';
import { used } from './0017-used.ts';
import { refresh } from './0018-refresh.ts';
import { lookups } from './0019-lookups.ts';
import { clock } from './0020-clock.ts';
import { catalogue } from './0021-catalogue.ts';
import { copies } from './0022-copies.ts';
import { signing } from './0023-signing.ts';
import { trees } from './0024-trees.ts';
import { externals } from './0025-externals.ts';
import { platforms } from './0026-platforms.ts';
import { keeping } from './0027-keeping.ts';
import { scripts } from './0028-scripts.ts';
import { seals } from './0029-seals.ts';
import { gitCatalogue } from './0030-git-catalogue.ts';
import { digests } from './0031-digests.ts';

export const migrations: Record<string, string> = {
  '0001-ledger': ledger,
  '0002-blobs': blobs,
  '0003-identity': identity,
  '0004-catalog': catalog,
  '0005-tasks': tasks,
  '0006-logs': logs,
  '0007-builds': builds,
  '0008-repos': repos,
  '0009-first-task': firstTask,
  '0010-fleet': fleet,
  '0011-batches': batches,
  '0013-rebuilds': rebuilds,
  '0014-links': links,
  '0015-told': told,
  '0016-tries': tries,
  '0017-used': used,
  '0018-refresh': refresh,
  '0019-lookups': lookups,
  '0020-clock': clock,
  '0021-catalogue': catalogue,
  '0022-copies': copies,
  '0023-signing': signing,
  '0024-trees': trees,
  '0025-externals': externals,
  '0026-platforms': platforms,
  '0027-keeping': keeping,
  '0028-scripts': scripts,
  '0029-seals': seals,
  '0030-git-catalogue': gitCatalogue,
  '0031-digests': digests,
};

/**
 * The one table of routes: the hub registers from it, the client's types are inferred from it, and the served
 * OpenAPI is made from it.
 *
 * Invariant: nothing is reachable under /api/v1 that does not stand here.
 */
import type { Route } from './route.ts';
import { batchRoutes } from './routes/batches.ts';
import { buildRoutes } from './routes/builds.ts';
import { catalogRoutes } from './routes/catalog.ts';
import { externalRoutes } from './routes/externals.ts';
import { fleetRoutes } from './routes/fleet.ts';
import { gitCatalogueRoutes } from './routes/git-catalogue.ts';
import { identityRoutes } from './routes/identity.ts';
import { platformRoutes } from './routes/platforms.ts';
import { repoRoutes } from './routes/repos.ts';
import { signingRoutes } from './routes/signing.ts';
import { storageRoutes } from './routes/storage.ts';
import { systemRoutes } from './routes/system.ts';
import { taskRoutes } from './routes/tasks.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { workerRoutes } from './routes/workers.ts';

export const routes = {
  ...systemRoutes,
  ...identityRoutes,
  ...catalogRoutes,
  ...externalRoutes,
  ...platformRoutes,
  ...gitCatalogueRoutes,
  ...uploadRoutes,
  ...storageRoutes,
  ...buildRoutes,
  ...batchRoutes,
  ...taskRoutes,
  ...workerRoutes,
  ...fleetRoutes,
  ...repoRoutes,
  ...signingRoutes,
} as const satisfies Record<string, Route>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;

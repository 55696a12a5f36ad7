export { gitCatalogueRoutes } from './git/routes.ts';
export { GitCatalogue } from './git/sync.ts';
export { platformRoutes } from './routes.ts';

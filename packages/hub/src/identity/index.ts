export { demand, demandOwner, mayHurry } from './demands.ts';
export { usualPriorityOf } from './queries.ts';
export { identityRoutes } from './routes.ts';
export { authenticate, keepTokenFile, replaceToken } from './tokens.ts';

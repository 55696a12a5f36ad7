export { demand, demandOwner, mayHurry } from './demands.ts';
export { KnownTokens } from './known.ts';
export { usualPriorityOf } from './queries.ts';
export { identityRoutes } from './routes.ts';
export { authenticate, keepTokenFile, replaceToken } from './tokens.ts';

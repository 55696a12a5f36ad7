export { demand, demandOwner } from './demands.ts';
export { identityRoutes } from './routes.ts';
export { authenticate, keepTokenFile, replaceToken } from './tokens.ts';

export { eventRoutes } from './events.ts';
export { makeServer } from './server.ts';
export { statusRoutes } from './status.ts';

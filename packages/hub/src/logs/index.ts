export { LogReader } from './read.ts';
export { logRoutes } from './routes.ts';
export { sealLogs } from './seal.ts';

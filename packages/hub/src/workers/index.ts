export { onlineWorkers, seen, type WorkerFacts } from './queries.ts';
export { workerRoutes } from './routes.ts';

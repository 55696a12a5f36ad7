export { addTrouble, isAside, sharedSeconds, whyAside } from './aside.ts';
export { offerOf, whyIdle } from './offer.ts';
export {
  allWorkers,
  fasterWorkers,
  findWorker,
  keepSpeeds,
  keepTroubles,
  lockWorker,
  othersInTrouble,
  type Sign,
  seen,
  setStanding,
  speedsOf,
  type Trouble,
  tasksOfWorkers,
  type WorkerFacts,
  workersByName,
} from './queries.ts';
export { workerRoutes } from './routes.ts';
export { showWorker } from './show.ts';

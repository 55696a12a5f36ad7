export { addTrouble, isAside, sharedSeconds, whyAside } from './aside.ts';
export { channelsOf, offerOf, whyIdle } from './offer.ts';
export {
  allWorkers,
  fasterWorkers,
  findWorker,
  keepSpeeds,
  keepTroubles,
  lockWorker,
  othersInTrouble,
  setStanding,
  speedsOf,
  tasksOfWorkers,
  upsertWorker,
  type WorkerFacts,
  workersByName,
} from './queries.ts';
export { workerRoutes } from './routes.ts';
export { showWorker } from './show.ts';
export { Signs } from './signs.ts';

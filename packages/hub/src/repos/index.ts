export { repositoriesFor } from './neighbour.ts';
export { Press } from './press/press.ts';
export { publishKind } from './publish-task.ts';
export { retryStalled } from './request.ts';
export { repoRoutes } from './routes.ts';
export { RepoServer } from './serve.ts';
export { followTouched, touchSigned } from './shipped/repo.ts';
export { distRoutes } from './shipped/routes.ts';
export { type RequestSeal, sealed } from './shipped/seal.ts';

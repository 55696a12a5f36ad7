export { followTouched, touchSigned } from './dist/repo.ts';
export { distRoutes } from './dist/routes.ts';
export { type RequestSeal, sealed } from './dist/seal.ts';
export { repositoriesFor } from './neighbour.ts';
export { Press } from './press/press.ts';
export { publishKind } from './publish-task.ts';
export { retryStalled } from './request.ts';
export { repoRoutes } from './routes.ts';
export { RepoServer } from './serve.ts';

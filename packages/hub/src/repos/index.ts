export { repositoriesFor } from './neighbour.ts';
export { publishKind } from './publish-task.ts';
export { retryStalled } from './request.ts';
export { repoRoutes } from './routes.ts';
export { RepoServer } from './serve.ts';

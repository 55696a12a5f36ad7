export { FolderStore } from './folder.ts';
export { blobSize, insertBlob, missingBlobs } from './queries.ts';
export { blobRoutes } from './routes.ts';
export { serveBlob } from './serve.ts';
export type { BlobStore } from './store.ts';
export { Uploads } from './uploads.ts';

export { FolderStore } from './folder.ts';
export { blobSize, insertBlob, insertSplice, missingBlobs } from './queries.ts';
export { BlobReader } from './reader.ts';
export { blobRoutes } from './routes.ts';
export { serveBlob } from './serve.ts';
export { openPieces, type Piece } from './splice.ts';
export type { BlobStore } from './store.ts';
export { Uploads } from './uploads.ts';

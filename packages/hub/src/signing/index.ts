export { addSignedCopy } from './copy-queries.ts';
export { Examiner } from './examiner.ts';
export { keyTrouble, requestFileSignature } from './files.ts';
export type { SignedCopies } from './keep.ts';
export { SigningPump } from './pump.ts';
export { signingRoutes } from './routes.ts';
export { signKind } from './sign-kind.ts';
export { ownKeys, wantExactly } from './tag-keys.ts';
export { lookAt } from './wants.ts';

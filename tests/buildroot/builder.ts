/** A process that builds one package, for tests that kill it. `argv[2]`: {home, isolation, order, srpm}. */
import { createNativeDriver } from '../../packages/buildroot/src/index.ts';

const { home, isolation, order, srpm } = JSON.parse(process.argv[2] ?? '');
const root = await createNativeDriver({ home, isolation }).open(order);
await root.buildBinary(srpm, new AbortController().signal);

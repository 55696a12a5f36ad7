/** A process that builds one package, for tests that kill it. `argv[2]`: {home, isolation | mock, order, srpm}. */
import { createMockDriver, createNativeDriver } from '../../packages/buildroot/src/index.ts';

const { home, isolation, mock, order, srpm } = JSON.parse(process.argv[2] ?? '');
const driver = mock ? createMockDriver(mock) : createNativeDriver({ home, isolation });
const root = await driver.open(order);
await root.buildBinary(srpm, new AbortController().signal);

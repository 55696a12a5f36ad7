/** Says whether this machine runs programs of an architecture: by the exit code, and why not on standard error. */
import { join } from 'node:path';
import { tryArch } from '../../packages/buildroot/src/index.ts';

const [arch = ''] = process.argv.slice(2);
// Where Node's own program stands others may stand too.
const { runs, remark } = await tryArch(arch, join(import.meta.dirname, '../../node_modules'));
if (runs === 'not') {
  console.error(remark);
  process.exitCode = 1;
}

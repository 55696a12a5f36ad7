/** Ways in which a build fails, and what every driver says of them. */
import type { BuildFailureCode } from '../../packages/buildroot/src/index.ts';

/** Sample, code, what the excerpt must show. All of them fail in `buildBinary`. */
export const failing: [string, BuildFailureCode, RegExp][] = [
  ['bad-prep', 'prep_failed', /\+ false/],
  ['bad-build', 'build_failed', /on stderr/],
  ['bad-install', 'install_failed', /exit 7/],
  ['bad-check', 'check_failed', /Bad exit status from .* \(%check\)/],
  ['bad-files', 'files_failed', /\/usr\/share\/x/],
  ['lost-files', 'files_failed', /never-installed/],
  ['bad-generate', 'generate_buildrequires_failed', /exit 4/],
  ['need-missing', 'buildrequires_missing', /no-such-package-devel/],
  ['dyn-missing', 'buildrequires_missing', /no-such-thing/],
];

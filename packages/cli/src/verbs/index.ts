/** All verbs, in the order in which the help shows them. */
import type { Verb } from '../verb.ts';
import { build } from './build.ts';
import { watchTask } from './watch-task.ts';

export const verbs: Verb[] = [build, watchTask];

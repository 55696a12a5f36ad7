/** What the mock driver is told when it is made. */
import type { MockSettings } from './config.ts';
import type { MockUser } from './user.ts';

export interface MockOptions {
  /** Absolute path; orders' working folders and mock's roots and caches are kept there. */
  home: string;
  mockCommand?: string;
  log?: (line: string) => void;
  /** Whom mock runs as when this process is root; `moromi` unless told. */
  user?: string | MockUser;
  isolation?: MockSettings['isolation'];
  bootstrap?: boolean;
}

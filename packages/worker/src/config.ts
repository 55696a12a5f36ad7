/** What a worker must be told; `moromi` reads it from one TOML file and the environment. */
import type { SignerConfig } from './signer/config.ts';

export interface WorkerConfig {
  /** Everything the worker keeps: its token, roots, layers, package and repository caches, kept roots. */
  home: string;
  /** Address of the hub, or several, comma separated. */
  hub: string;
  name: string;
  /** A token that allows enrolment; used once, when `home` holds no token of this worker yet. */
  enrolToken?: string;
  kinds: ('srpm' | 'build' | 'plan' | 'closure' | 'sign')[];
  /** Architectures of the roots it builds in; found out from the machine where not said. */
  arches?: string[];
  /** Builds at once; where not said 4, fewer where cores or memory say so. */
  slots?: number;
  driver: 'native' | 'mock';
  /** Forces the slow ways of the native driver, for machines where trying is not wanted. */
  roots?: 'overlay' | 'copy';
  isolation?: 'namespaces' | 'chroot';
  /** Nothing is begun while less is free below its home, in MiB; the lesser of 1 GiB and 5 % of the file system. */
  minFreeDiskMb?: number;
  /** Nothing is begun while less memory is available, in MiB; 256 where not said. */
  minFreeMemoryMb?: number;
  /** Nothing is begun while its clock is further off the hub's, in seconds; 300 where not said. */
  maxClockSeconds?: number;
  /** While this file is there, or `graceful_stop` in its home, nothing is begun; /tmp/graceful_stop where not said. */
  stopFile?: string;
  /** Of a worker that signs, which does nothing else. */
  signer?: SignerConfig;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Time bounds of the tests are in this thread's processor time, so that a busy machine breaks none. Tests only. */

export function cpuMilliseconds(act: () => void): number {
  const before = process.threadCpuUsage();
  act();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

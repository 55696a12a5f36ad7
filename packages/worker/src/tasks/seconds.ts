/** How long something took, as logs say it: since `started`, a reading of performance.now(). */
export function seconds(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(1);
}

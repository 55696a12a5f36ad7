/**
 * node demo/specs/main.ts [--json]
 *
 * Makes the demonstration's and the tests' source packages, or finds them made, and prints where they are.
 */
import { parseArgs } from 'node:util';
import { makeSamples } from './samples.ts';
import { makeSourcePackages } from './sources.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
  const samples = await makeSamples();
  const sources = await makeSourcePackages({
    progress: (line) => process.stderr.write(`sources: ${line}\n`),
  });
  if (values.json)
    process.stdout.write(`${JSON.stringify({ sources, samples: Object.fromEntries(samples) })}\n`);
  else
    for (const path of [...sources.map((each) => each.srpm), ...samples.values()])
      process.stdout.write(`${path}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

/**
 * In which order test files run.
 *
 * Invariant: the crash matrices come first. Their files are small and take ten minutes and more each; by the size of the
 * files, which is the usual order where no earlier run is known, they would run last, and the longest of them alone.
 */
import { sep } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      moduleId.includes(`${sep}tests${sep}crash${sep}`);
    return [...usual.filter(isLong), ...usual.filter((one) => !isLong(one))];
  }
}

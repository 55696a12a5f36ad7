/**
 * The edit of a spec file that raises its release.
 *
 * Invariant: an order that could be written into no changelog is refused before a root is made for it; a spec that has
 * no release to raise is the package's own failure.
 */
import { BuildFailure, type SpecEdit } from '@moromi/buildroot';
import type { SourceOrder } from '@moromi/contract';
import { bumpRelease, RpmError } from '@moromi/rpm';
import { Refused, text } from '../failure.ts';

const anySpec = 'Release: 1\n%changelog\n';

/** @throws Refused `bad_order` */
export function raising(bump: NonNullable<SourceOrder['bump']>, note: (sentence: string) => void): SpecEdit {
  const entry = { author: bump.author, text: bump.text, date: new Date(bump.date) };
  try {
    bumpRelease(anySpec, entry);
  } catch (error) {
    throw new Refused('bad_order', `The release cannot be raised as it was ordered: ${text(error)}`);
  }
  return (spec) => {
    try {
      const raised = bumpRelease(spec, entry);
      note(
        raised.how === 'release' ? 'raising the release' : 'raising the number that rpmautospec has written',
      );
      return raised.spec;
    } catch (error) {
      if (error instanceof RpmError) throw new BuildFailure('no_release', error.message);
      throw error;
    }
  };
}

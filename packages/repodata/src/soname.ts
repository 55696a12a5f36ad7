/**
 * The names by which programs ask for shared libraries.
 *
 * Invariant: a soname has the mark of its instruction set (`libz.so.1()(64bit)`; none for 32 bits: `libz.so.1`) and no
 * version of a symbol, so all that rpm says of one library of one instruction set has one soname.
 */
/** In characters: more than any library's name has, and few enough for a pattern that may look twice. */
const longest = 1000;
const shape = /^(lib[^()\s/]*\.so(?![A-Za-z0-9])[^()\s/]*)(?:\([^()]*\)(?:\(([^()]*)\))?)?$/;

/** @param capability the name of one, without a comparison; undefined where it is no library's */
export function sonameOf(capability: string): string | undefined {
  if (!capability.startsWith('lib') || capability.length > longest) return undefined;
  const [, soname, mark] = shape.exec(capability) ?? [];
  return mark === undefined ? soname : `${soname}()(${mark})`;
}

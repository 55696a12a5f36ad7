/**
 * A spec file's text as lines, with what can be said of each without running rpm: the section that it stands in and
 * whether a condition decides about it. Joined with newlines the lines are the text again, byte for byte.
 *
 * The form is that of rpm's build/parseSpec.c: sections and tags begin at the start of a line, in any case.
 */

export interface SpecLine {
  /** Without the newline; a carriage return stays. */
  readonly text: string;
  /** `main` and `package` are the preambles of the source package and of the other ones; else the section's name. */
  readonly section: string;
  /** Whether it stands between `%if` and `%endif`. */
  readonly conditional: boolean;
}

/** What stands after `Name:` or `%global name`: the line `at` is `before`, `value`, `after`, end to end. */
export interface Setting {
  readonly at: number;
  readonly name: string;
  readonly before: string;
  readonly value: string;
  /** White space. */
  readonly after: string;
  readonly conditional: boolean;
}

const SECTION =
  /^%(package|prep|generate_buildrequires|conf|build|install|check|clean|preun|postun|pretrans|posttrans|preuntrans|postuntrans|pre|post|files|changelog|description|(?:trans)?(?:file)?trigger(?:in|un|postun|prein)?|verifyscript|sepolicy|end|patchlist|sourcelist)(?=\s|$)/i;
const CONDITION = /^[ \t]*%(if|ifarch|ifnarch|ifos|ifnos|endif)(?![A-Za-z0-9_])/;
const TAG = /^([A-Za-z]+[0-9]*)[ \t]*:/;
/** Also inside a guard: `%{!?rel: %global rel 1}`. */
const DEFINITION =
  /^([ \t]*(%\{![?][A-Za-z0-9_]+:[ \t]*)?%(?:define|global)[ \t]+)([A-Za-z_][A-Za-z0-9_]*)[ \t]/;

export function readSpecLines(spec: string): SpecLine[] {
  let section = 'main';
  let depth = 0;
  return spec.split('\n').map((text) => {
    const begun = SECTION.exec(text)?.[1]?.toLowerCase();
    if (begun !== undefined) section = begun;
    const condition = CONDITION.exec(text)?.[1];
    if (condition === 'endif') depth = Math.max(0, depth - 1);
    else if (condition !== undefined) depth++;
    return { text, section, conditional: depth > 0 };
  });
}

export function isPreamble(line: SpecLine): boolean {
  return line.section === 'main' || line.section === 'package';
}

/** The tags of all preambles, in order, `name` in lower case. A comment is none, nor is text of another section. */
export function tagsOf(lines: readonly SpecLine[]): Setting[] {
  return lines.flatMap((line, at) => {
    const [head, name] = TAG.exec(line.text) ?? [];
    if (head === undefined || name === undefined || !isPreamble(line)) return [];
    return [{ ...split(line.text, head), at, name: name.toLowerCase(), conditional: line.conditional }];
  });
}

/** The lines that define a macro without parameters, in order; a guarded definition is a conditional one. */
export function definitionsOf(lines: readonly SpecLine[]): Setting[] {
  return lines.flatMap((line, at) => {
    const [head, start, guard, name] = DEFINITION.exec(line.text) ?? [];
    if (head === undefined || start === undefined || name === undefined) return [];
    const conditional = line.conditional || guard !== undefined;
    return [{ ...split(line.text, start + name), at, name, conditional }];
  });
}

function split(text: string, head: string): Pick<Setting, 'before' | 'value' | 'after'> {
  const rest = text.slice(head.length);
  const value = rest.trim();
  const start = rest.length - rest.trimStart().length;
  return {
    before: head + rest.slice(0, start),
    value,
    after: rest.slice(start + value.length),
  };
}

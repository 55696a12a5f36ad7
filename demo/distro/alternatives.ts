/** Symbolic links that Debian's maintainer scripts (which do not run here) would have made: link → its target. */
export const ALTERNATIVES: Record<string, Readonly<Record<string, string>>> = {
  automake: { '/usr/bin/aclocal': 'aclocal-1.16', '/usr/bin/automake': 'automake-1.16' },
  bash: { '/bin/sh': 'bash' },
  bison: { '/usr/bin/yacc': 'bison.yacc' },
  debianutils: { '/usr/bin/which': 'which.debianutils' },
  flex: { '/usr/bin/lex': 'flex' },
  'g++': { '/usr/bin/c++': 'g++' },
  gawk: { '/usr/bin/awk': 'gawk', '/usr/bin/nawk': 'gawk' },
  gcc: { '/usr/bin/c89': 'c89-gcc', '/usr/bin/c99': 'c99-gcc', '/usr/bin/cc': 'gcc' },
  'xz-utils': { '/usr/bin/lzma': 'xz', '/usr/bin/unlzma': 'xz' },
};

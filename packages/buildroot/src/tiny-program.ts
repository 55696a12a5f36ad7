/**
 * The smallest program of an architecture: it ends with status 42, and needs nothing but a kernel.
 *
 * Invariant: a whole static ELF executable of some hundred bytes, made here byte by byte, so that trying it needs no
 * compiler and no package of that architecture. 42, because whoever takes it for something else, as a shell does that
 * thinks it a script, ends with another status.
 *
 * After the System V ABI (the file's headers) and each kernel's table of system calls.
 */

export const tinyStatus = 42;

interface Machine {
  /** The architecture's number in the header, `e_machine`. */
  id: number;
  bits: 32 | 64;
  /** Most significant byte first. */
  big?: boolean;
  /** `e_flags`, where the kernel or the emulator looks at them. */
  flags?: number;
  /** exit(42), in hexadecimal. */
  code: string;
}

const machines = {
  // mov $60, %eax; mov $42, %edi; syscall
  x86_64: { id: 62, bits: 64, code: 'b83c000000 bf2a000000 0f05' },
  // mov $1, %eax; mov $42, %ebx; int $0x80
  i386: { id: 3, bits: 32, code: 'b801000000 bb2a000000 cd80' },
  // mov x0, #42; mov x8, #93; svc #0
  aarch64: { id: 183, bits: 64, code: '400580d2 a80b80d2 010000d4' },
  // mov r0, #42; mov r7, #1; svc #0
  arm: { id: 40, bits: 32, flags: 0x05000000, code: '2a00a0e3 0170a0e3 000000ef' },
  // li 0, 1; li 3, 42; sc
  ppc64le: { id: 21, bits: 64, flags: 2, code: '01000038 2a006038 02000044' },
  // lghi %r2, 42; svc 1
  s390x: { id: 22, bits: 64, big: true, code: 'a729002a 0a01' },
  // li a0, 42; li a7, 93; ecall
  riscv64: { id: 243, bits: 64, code: '1305a002 9308d005 73000000' },
} satisfies Record<string, Machine>;

export type MachineName = keyof typeof machines;

/** What kind of machine runs packages of an RPM architecture; undefined for one that is not known here. */
export function machineOf(arch: string): MachineName | undefined {
  if (/^x86_64(_v[2-4])?$/.test(arch)) return 'x86_64';
  if (/^i[3-6]86$/.test(arch)) return 'i386';
  if (/^armv[5-7]\w*$/.test(arch)) return 'arm';
  return Object.hasOwn(machines, arch) ? (arch as MachineName) : undefined;
}

export function tinyProgram(name: MachineName): Buffer {
  const { id, bits, big, flags = 0, code: hex }: Machine = machines[name];
  const code = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const wide = bits === 64;
  const [fileHeader, programHeader] = wide ? [64, 56] : [52, 32];
  const start = fileHeader + programHeader;
  // The file is mapped there as a whole: where linkers begin as well, far above what kernels keep free at the bottom.
  const base = 0x400000;
  const size = start + code.length;
  const file = Buffer.alloc(size);
  code.copy(file, start);
  let at = 0;
  const put = (length: 1 | 2 | 4 | 8, value: number): void => {
    if (length === 8)
      at = big ? file.writeBigUInt64BE(BigInt(value), at) : file.writeBigUInt64LE(BigInt(value), at);
    else at = big ? file.writeUIntBE(value, at, length) : file.writeUIntLE(value, at, length);
  };
  const word = wide ? 8 : 4;
  for (const byte of [0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, big ? 2 : 1, 1]) put(1, byte);
  at = 16;
  put(2, 2); // an executable
  put(2, id);
  put(4, 1);
  put(word, base + start); // where it begins
  put(word, fileHeader); // the program header follows at once
  put(word, 0); // no sections
  put(4, flags);
  put(2, fileHeader);
  put(2, programHeader);
  put(2, 1);
  // One part to load, readable and executable; the two forms of a program header order its fields otherwise.
  at = fileHeader;
  put(4, 1);
  if (wide) put(4, 5);
  put(word, 0);
  put(word, base);
  put(word, base);
  put(word, size);
  put(word, size);
  if (!wide) put(4, 5);
  put(word, 0x10000);
  return file;
}

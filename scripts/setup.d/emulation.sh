# Emulation: qemu, and its registration as what the kernel runs another architecture's programs with.
#
# Invariant: of aarch64 only where it was asked for; of i686, which every test of two architectures needs, only where
# this machine does not run its programs (some virtual machines run none of 32 bits). Never a reason to stop: where it
# cannot be had one sentence says why. Whether it can be had is found by running a program in an empty root.

emulation_packages=(binfmt-support qemu-user-static)
binfmt=/proc/sys/fs/binfmt_misc

# What the head of a 32-bit program for i386 and i486 looks like (ELF, machine 3 or 6), and which of its bits count.
i386_magic='\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x03\x00'
i386_mask='\xff\xff\xff\xff\xff\xfe\xfe\xfc\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xfa\xff'

# Succeeds when programs for that architecture run here, by this machine itself or by an emulator.
# usage: runs ARCH QEMU'S-NAME-OF-IT
runs() {
  local arch=$1 name=qemu-$2 why
  without_emulation() { say "goes on without $arch: $*"; }
  if why=$("$node" scripts/setup.d/runs.ts "$arch" 2>&1 < /dev/null 9>&-); then return; fi
  if [[ $EUID != 0 ]]; then without_emulation 'it needs root, once'; return 1; fi
  if ! command -v apt-get > /dev/null; then without_emulation "set up by this script on Debian only. $why"; return 1; fi
  # Before anything is downloaded: in most containers this is what is refused.
  if [[ ! -e $binfmt/register ]]; then
    say "mounts $binfmt, where the kernel is told of emulators"
    logged mount -t binfmt_misc binfmt_misc "$binfmt" ||
      { without_emulation "the kernel cannot be told of an emulator here ($(head -n 1 "$setup_log"))"; return 1; }
  fi
  # In a subshell, which is all that a failure ends.
  (apt_packages "${emulation_packages[@]}") || { without_emulation 'its packages could not be installed'; return 1; }
  say "has the kernel run programs for $arch by qemu"
  # In what it takes for a container the package does not register itself; where it has, neither changes anything.
  { known_emulator "$name" && logged update-binfmts --enable "$name"; } ||
    { without_emulation "the kernel was not told of qemu ($(head -n 1 "$setup_log"))"; return 1; }
  "$node" scripts/setup.d/runs.ts "$arch" 2> /dev/null < /dev/null 9>&- ||
    { without_emulation "the kernel was told of qemu, and still runs no program for $arch in an empty root"; return 1; }
}

# Debian describes all emulators but that of what it takes every machine to run by itself.
known_emulator() {
  if [[ $1 != qemu-i386 ]]; then logged update-binfmts --import "$1"; return; fi
  logged update-binfmts --package moromi --install "$1" /usr/bin/qemu-i386-static --magic "$i386_magic" --mask "$i386_mask" \
    --offset 0 --credentials yes --fix-binary yes
}

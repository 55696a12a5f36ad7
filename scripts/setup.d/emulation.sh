# Emulation of aarch64: qemu, and its registration as what the kernel runs that architecture's programs with.
#
# Invariant: only where it was asked for, and never a reason to stop: where it cannot be had one sentence says why, and
# what needs it is left out. Whether it can be had is found by running a program of that architecture in an empty root.

emulation_packages=(binfmt-support qemu-user-static)
binfmt=/proc/sys/fs/binfmt_misc

# Succeeds when programs for aarch64 run here, by this machine itself or by an emulator.
aarch64_runs() {
  local why
  if why=$("$node" scripts/setup.d/runs.ts aarch64 2>&1 < /dev/null 9>&-); then return; fi
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
  say 'has the kernel run programs for aarch64 by qemu'
  # In what it takes for a container the package does not register itself; where it has, neither changes anything.
  { logged update-binfmts --import qemu-aarch64 && logged update-binfmts --enable qemu-aarch64; } ||
    { without_emulation "the kernel was not told of qemu ($(head -n 1 "$setup_log"))"; return 1; }
  "$node" scripts/setup.d/runs.ts aarch64 2> /dev/null < /dev/null 9>&- ||
    { without_emulation 'the kernel was told of qemu, and still runs no program for aarch64 in an empty root'; return 1; }
}

without_emulation() {
  say "goes on without aarch64: $*"
}

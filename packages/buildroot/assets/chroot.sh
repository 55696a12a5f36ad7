#!/bin/bash
# Runs a command in a plain chroot, where namespaces are refused; stays outside and cleans up behind it.
# usage: chroot.sh ROOT mounts|plain BUILDDIR UID:GID batch|interactive -- NAME=VALUE… -- COMMAND [ARGUMENT…]
#   mounts    we are in a mount namespace of our own: /dev, /proc and BUILDDIR can be mounted
#   plain     they cannot: device nodes are made, /proc is missing, BUILDDIR is in the root already
# A process belongs to the build when its root is ROOT, which it can neither hide nor leave. They are all killed at
# the end, on SIGTERM, and when our standard input ends: its other end is the driver, so that is the driver's death.
set -u
root=$1 mode=$2 builddir=$3 user=$4 manner=$5
shift 6
settings=()
while [ "$1" != -- ]; do
  settings+=("$1")
  shift
done
shift

finish() {
  local status=$1 found=1
  trap '' TERM
  while [ $found = 1 ]; do
    found=0
    for process in /proc/[0-9]*; do
      if [ "$process/root" -ef "$root" ] && kill -KILL "${process#/proc/}" 2>/dev/null; then
        found=1
      fi
    done
  done
  [ -z "${watcher:-}" ] || kill -KILL "$watcher" 2>/dev/null
  exit "$status"
}
trap 'finish 137' TERM INT HUP

mkdir -p "$root/dev/shm" "$root/dev/pts" "$root/proc" "$root/builddir"
if [ "$mode" = mounts ]; then
  mount -t tmpfs -o mode=755 moromi "$root/dev"
  mkdir -p "$root/dev/shm" "$root/dev/pts"
  for name in null zero full random urandom tty; do
    : >"$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
  done
  mount -t proc proc "$root/proc" || true
  [ -z "$builddir" ] || mount --bind "$builddir" "$root/builddir"
else
  node() { [ -c "$root/dev/$1" ] || { rm -rf "${root:?}/dev/$1" && mknod -m 666 "$root/dev/$1" c "$2" "$3"; }; }
  node null 1 3
  node zero 1 5
  node full 1 7
  node random 1 8
  node urandom 1 9
  node tty 5 0
fi
chmod 1777 "$root/dev/shm"
[ -e "$root/dev/fd" ] || ln -s /proc/self/fd "$root/dev/fd"

inside=/
keep=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+mknod,+setfcap,+setgid,+setuid,+sys_chroot
if [ "$user" != 0:0 ]; then
  inside=/builddir
  keep=-all,+setgid,+setuid,+sys_chroot
else
  settings+=(HOME=/root)
fi
# coreutils' chroot changes root, group and user in this order; what it still may do itself, the command may not.
enter=(setpriv --inh-caps=-all --bounding-set="$keep" --no-new-privs --
  chroot --userspec="$user" --groups= "$root"
  env -i "${settings[@]}"
  /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$inside" "$@")

if [ "$manner" = interactive ]; then
  "${enter[@]}"
  finish $?
fi
exec 6<&0
"${enter[@]}" 6<&- </dev/null &
command=$!
{
  read -r _ <&6
  kill -TERM $$
} 3>&- 4>&- 5>&- >/dev/null 2>&1 &
watcher=$!
exec 6<&- 3>&- 4>&- 5>&-
wait "$command"
finish $?

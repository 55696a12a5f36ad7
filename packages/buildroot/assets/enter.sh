#!/bin/bash
# Goes into a root: joins the order's cgroups, mounts the overlay, becomes the given command.
# usage: enter.sh PARENT OVERLAY MOUNTPOINT [CGROUP.PROCS…] -- COMMAND [ARGUMENT…]
#   PARENT      the process that must be our parent; if it is gone already, so are we
#   OVERLAY     options of the overlay mount, or nothing where MOUNTPOINT is a root already
# Started in a mount namespace of its own, so the mount ends with the last process that sees it: after SIGKILL
# nothing is left mounted. It execs, never forks and waits: the signal that is sent when PARENT ends stays set.
set -eu
parent=$1 overlay=$2 mountpoint=$3
shift 3
[ "$PPID" = "$parent" ] || exit 125
while [ "$1" != -- ]; do
  # A limit that cannot be kept is less bad than a build that cannot run; the driver's probe has warned of it.
  echo $$ >"$1" || true
  shift
done
shift
# The build gets the six descriptors that are meant for it and none that our caller happened to have open.
for fd in /proc/self/fd/*; do
  fd=${fd##*/}
  if [ "$fd" -gt 5 ] && [ "$fd" -ne 255 ]; then
    exec {fd}>&-
  fi
done
if [ -n "$overlay" ]; then
  mount -t overlay -o "$overlay" moromi "$mountpoint"
fi
exec "$@"

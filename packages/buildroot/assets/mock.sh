#!/bin/bash
# Runs mock in a process group of its own and ends that group when we are told to or when the driver is gone.
# usage: mock.sh COMMAND [ARGUMENT…]
# Our standard input is a pipe whose other end is the driver: it ends with the driver, however that came about. mock is
# set-user-ID, so the kernel's own "die with your parent" does not reach it. mock cleans up after SIGTERM (its children
# are gone in 0.3 s), so that comes first; SIGKILL follows after five seconds.
set -u
exec 6<&0
setsid -- "$@" 6<&- </dev/null &
mock=$!
stop() {
  trap '' TERM
  kill -TERM -- "-$mock" 2>/dev/null
  for _ in {1..50}; do
    kill -0 -- "-$mock" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL -- "-$mock" 2>/dev/null
  wait "$mock"
  exit $?
}
trap stop TERM INT HUP
{
  read -r _ <&6
  kill -TERM $$
} >/dev/null 2>&1 &
watcher=$!
exec 6<&-
wait "$mock"
status=$?
kill -KILL "$watcher" 2>/dev/null
# What mock started and did not wait for is its group's.
kill -KILL -- "-$mock" 2>/dev/null
exit $status

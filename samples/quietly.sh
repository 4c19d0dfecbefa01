#!/bin/sh
# i2v: run a command that says much, and show how far it is
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# samples/quietly.sh COMMAND...
#
# A terminal shows the newest line of what the command says in place of the one before; elsewhere
# every fiftieth is printed. When the command fails, its last lines are. Its status is kept.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
  status=0
  "$@" 2>&1 || status=$?
  echo "$status" >"$work/status"
} | {
  number=0
  while IFS= read -r line; do
    printf '%s\n' "$line" >&3
    number=$((number + 1))
    if [ -t 1 ]; then
      printf '\r\033[K%.78s' "$line"
    elif [ $((number % 50)) = 0 ]; then
      printf '%s\n' "$line"
    fi
  done
  [ ! -t 1 ] || printf '\r\033[K'
} 3>"$work/log"
status=$(cat "$work/status")
[ "$status" = 0 ] || tail -n 20 "$work/log" >&2
exit "$status"

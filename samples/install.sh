#!/bin/sh
# i2v: install the Debian packages among the arguments that are missing
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

missing=
for package; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=
elif command -v sudo >/dev/null; then
  as_root=sudo
else
  echo "These packages are missing, and neither root nor sudo is at hand:$missing" >&2
  exit 1
fi

echo "Installing with apt-get${as_root:+ (through sudo)}:$missing"
quietly=$(dirname "$(readlink -f "$0")")/quietly.sh
# shellcheck disable=SC2086 # a list of words each
if ! { "$quietly" $as_root apt-get update &&
  "$quietly" $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends $missing; }; then
  echo "apt-get failed; its last lines are above." >&2
  exit 1
fi

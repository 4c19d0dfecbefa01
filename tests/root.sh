#!/bin/sh
# i2v: bare Debian roots to test in: made once, kept as an archive, unpacked and entered
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: root.sh make SUITE DIRECTORY      a bare root of SUITE, as debootstrap leaves it
#        root.sh run DIRECTORY COMMAND...  run COMMAND in it, with a /proc and a /dev
#
# I2V_ROOTS  where the archives are kept (default: i2v-roots in the user's cache directory)
set -eu

here=$(dirname "$(readlink -f "$0")")
roots=${I2V_ROOTS:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/i2v-roots}

usage() {
  sed -n 's/^# usage: /usage: /p; s/^#  \( *root.sh\)/ \1/p' "$0" >&2
  exit 64
}

# Where this machine gets its own packages from.
mirror() {
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # shellcheck disable=SC2016 # apt's own variables
  apt-get indextargets --format '$(RELEASE) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite="$suite" '($1 == suite || $2 == suite) && !seen++ { print $3 }'
}

make() { # SUITE DIRECTORY
  archive=$roots/$1.tar
  mkdir -p "$roots"
  (
    flock 9
    [ ! -e "$archive" ] || exit 0
    "$here/../samples/install.sh" debootstrap >&2
    script=$1
    # one that came after this machine's debootstrap
    [ -e "/usr/share/debootstrap/scripts/$1" ] || script=sid
    rm -rf "$roots/$1.new"
    # Its mounts end with it, however that is.
    unshare --mount debootstrap --variant=minbase --include=ca-certificates \
      "$1" "$roots/$1.new" "$(mirror)" "/usr/share/debootstrap/scripts/$script" \
      >"$roots/$1.debootstrap.log" 2>&1 || {
      tail -n 20 "$roots/$1.debootstrap.log" >&2
      exit 1
    }
    rm -f "$roots/$1.new/var/cache/apt/archives/"*.deb
    tar -C "$roots/$1.new" -cf "$archive.new" .
    rm -rf "$roots/$1.new"
    mv "$archive.new" "$archive"
  ) 9>"$roots/lock"
  mkdir -p "$2"
  tar -C "$2" -xpf "$archive"
  # Nothing in it is worth waiting for the disk.
  echo force-unsafe-io >"$2/etc/dpkg/dpkg.cfg.d/unsafe-io"
  # How this machine gets at its packages.
  cp /etc/resolv.conf "$2/etc/"
  apt-config dump --no-empty Acquire >"$2/etc/apt/apt.conf.d/90acquire"
}

run() { # DIRECTORY COMMAND...
  [ -d "$1/usr" ] || usage
  # shellcheck disable=SC2016 # of the inner shell
  unshare --mount --pid --fork --kill-child sh -c '
    root=$1
    shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    env -i HOME=/root LANG=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      chroot "$root" "$@"
    exit $?' sh "$@"
}

[ $# -ge 3 ] || usage
command=$1
shift
case $command in
make) make "$@" ;;
run) run "$@" ;;
*) usage ;;
esac

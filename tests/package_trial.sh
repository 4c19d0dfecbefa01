#!/bin/sh
# i2v: the packages on a system that has nothing else: install, use, build against, remove
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: package_trial.sh DIRECTORY DOCKERFILE
#
# Runs as root in a bare Debian root (root.sh makes one), with the packages that cpack made
# in DIRECTORY. What it does to install and which environment it gives the programs is the
# recipe for containers, samples/Dockerfile, so that is tried, too.
set -eu

packages=$(readlink -f "$1")
dockerfile=$(readlink -f "$2")
work=$(mktemp -d)
chmod 755 "$work"
gateway=
trap '[ -z "$gateway" ] || kill "$gateway"; rm -rf "$work"' EXIT

step() {
  printf -- '-- %s\n' "$*"
}

fail() {
  printf 'package_trial: %s\n' "$*" >&2
  exit 1
}

# A command of nobody in particular, as containers have it: no name, and no home to write to.
user() {
  # shellcheck disable=SC2086 # words
  $as_user "$@" </dev/null
}

apt() {
  apt-get -qq -y "$@" >"$work/apt.log" 2>&1 || {
    tail -n 20 "$work/apt.log" >&2
    fail "apt-get $* failed"
  }
}

# The lines of the recipe that begin with a word, without it.
recipe() { # word
  awk '{ if (sub(/\\$/, "")) printf "%s", $0; else print }' "$dockerfile" | sed -n "s/^$1 //p"
}

everything_of_ours() {
  find / -xdev \( -path "$packages" -o -path "$work" -o -path /proc -o -path /sys \) -prune -o \
    \( -name 'i2v*' -o -name 'libi2v*' \) ! -path "$dockerfile" ! -path "$0" -print
}

install_package() {
  step "Install, as the recipe says"
  [ -z "$(everything_of_ours)" ] || fail "not a bare root: $(everything_of_ours)"
  [ "$(recipe COPY)" = "i2v_*.deb /tmp/" ] || fail "the recipe copies something else"
  cp "$packages"/i2v_*.deb /tmp/
  recipe RUN >"$work/install.sh"
  [ -s "$work/install.sh" ] || fail "the recipe installs nothing"
  DEBIAN_FRONTEND=noninteractive sh -eu "$work/install.sh" >"$work/apt.log" 2>&1 || {
    tail -n 20 "$work/apt.log" >&2
    fail "the recipe's commands failed"
  }
  [ -z "$(find /tmp -name '*.deb')" ] || fail "the recipe leaves a package behind"
}

# Prints a script that runs a command with a root that is read-only but for the store and /tmp.
read_only() { # store
  cat <<SH
#!/bin/sh
set -eu
mount --rbind / /mnt
mount -o remount,bind,ro /mnt
mount --bind "$1" "/mnt$1"
mount --bind /tmp /mnt/tmp
exec chroot /mnt sh -c 'cd "\$0" && exec "\$@"' "\$PWD" "\$@"
SH
}

# The store on a volume of the user's, and the key in a secret as containers mount it: of root,
# for all to read.
prepare() {
  mkdir -p /var/empty /run/secrets "$work/out"
  export I2V_BASE_URL
  for pair in $(recipe ENV); do
    export "${pair?}"
  done
  uid=$(recipe USER)
  as_user="unshare --mount --propagation unchanged sh $work/read-only"
  as_user="$as_user setpriv --reuid=$uid --regid=$uid --clear-groups env HOME=/var/empty"
  ! getent passwd "$uid" || fail "the recipe's user has a name"
  [ -n "${I2V_STORE-}" ] || fail "the recipe sets no store"
  store=$I2V_STORE
  [ "$(recipe VOLUME)" = "$store" ] || fail "the store is on no volume"
  read_only "$store" >"$work/read-only"
  user touch /tmp/probe "$store/probe"
  rm /tmp/probe "$store/probe"
  ! user touch /var/tmp/probe 2>/dev/null || fail "the root is not read-only"
  secret=${I2V_DEFAULTS#api_key_file=}
  printf 'demo\n' >"$secret"
  chmod 444 "$secret"
  chown "$uid" "$work/out"
  cd "$work/out"
  # shellcheck disable=SC2086 # words; without a shell between, which a signal would end alone
  $as_user i2v-gateway --latency 0.2 --ready-file ready >"$work/gateway.log" 2>&1 </dev/null &
  gateway=$!
  until [ -s ready ]; do
    kill -0 $gateway || fail "$(cat "$work/gateway.log")"
    sleep 0.1
  done
  I2V_BASE_URL=$(cat ready)
  user ffmpeg -v error -f lavfi -i testsrc=s=1280x720 -frames:v 1 still.png
}

frames() { # file
  user ffprobe -v error -select_streams v:0 -count_packets -show_entries \
    stream=nb_read_packets -of csv=p=0 "$1" | head -n 1
}

use() {
  step "Use: $(user i2v --version | head -n 1), $(user i2vctl --version | head -n 1)"
  user i2v --check ffmpeg
  [ "$(recipe ENTRYPOINT)" = '["i2v", "ffmpeg"]' ] || fail "the recipe runs something else"
  user i2v ffmpeg -v warning -f i2v -prompt one -duration 4 -i still.png -c:v mpeg4 out.mp4 \
    2>"$work/warnings"
  ! grep 'read by others' "$work/warnings" || fail "a warning of what the user cannot change"
  [ "$(frames out.mp4)" = 120 ] || fail "out.mp4 has $(frames out.mp4) frames"
  clip=$(user i2vctl fetch -v error --prompt one --duration 4 still.png)
  [ "$(stat -c '%u %a' "$store")" = "$uid 700" ] || fail "the store is not the user's alone"
  [ "${clip%/*}" = "$store" ] || fail "the clip is not in the store: $clip"
  [ "$(frames "$clip")" = 120 ] || fail "the clip has $(frames "$clip") frames"
  clips=$(find "$store" -name '*.mp4' | wc -l)
  [ "$clips" = 1 ] || fail "$clips clips in the store, not 1"
  # With all the rest read-only, nor is anything left in /tmp.
  written=$(find / -xdev \( -path "$work" -o -path "$store" -o -path /proc -o -path "$secret" \
    -o -path '/tmp/i2v-gateway-*' \) -prune -o -uid "$uid" -print)
  [ -z "$written" ] || fail "written outside of the store: $written"
  user i2v ffmpeg -v error -f i2v -dry_run 1 -prompt two -i still.png -c copy dry.mp4
  [ -s dry.mp4 ] || fail "no dry run without a home"
}

look_at_documents() {
  step "Manuals and completion"
  for page in i2v.1 i2vctl.1 i2v-gateway.1 i2v-hosts.7; do
    gzip -dc "/usr/share/man/man${page##*.}/$page.gz" | grep -q '^\.S[hH] NAME' || fail "no page $page"
  done
  cat >"$work/complete.bash" <<'BASH'
set -eu
for command in i2v i2vctl; do
  . /usr/share/bash-completion/completions/$command
  COMP_WORDS=($command --v) COMP_CWORD=1 COMPREPLY=()
  _$command $command --v $command
  [ "${COMPREPLY[*]}" = --version ]
done
BASH
  bash "$work/complete.bash" || fail "the completion does not work"
}

build_against() {
  step "Build against libi2v-dev"
  apt update
  apt install --no-install-recommends "$packages"/libi2v-dev_*.deb gcc libc6-dev pkg-config
  # shellcheck disable=SC2046 # words
  gcc -Wall -Wextra -Werror /usr/share/doc/libi2v-dev/examples/embed.c -o "$work/embed" \
    $(pkg-config --cflags --libs i2v libavformat libavcodec libavutil)
  user "$work/embed" still.png one embedded.y4m duration=4 2>"$work/embed.log" ||
    fail "the sample ended with $?: $(cat "$work/embed.log")"
  [ "$(frames embedded.y4m)" = 120 ] || fail "embedded.y4m has $(frames embedded.y4m) frames"
}

remove() {
  step "Remove"
  kill $gateway
  wait $gateway || true
  gateway=
  rm -rf "$store" "/tmp/i2v-$uid" # the user's own
  apt purge i2v
  [ -z "$(everything_of_ours)" ] || fail "left behind: $(everything_of_ours)"
  ! ldconfig -p | grep i2v || fail "the loader still knows it"
}

install_package
prepare
use
look_at_documents
build_against
remove
step "All is well"

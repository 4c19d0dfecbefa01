# i2v: what the tests of the shim share
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

# The environment of whoever runs the tests must not decide them.
unset LD_PRELOAD I2V_DISABLE I2V_DEBUG I2V_NO_INHERIT I2V_STUB I2V_STUB_TRACE
export I2V_PLUGIN_DIR=$BUILT/plugins
export AV_LOG_FORCE_NOCOLOR=1

# Without I2V_ALL=1 some have to do for all: every so many-th, always the same.

whole_only() { # of a test: what others test as well
    [ -n "${I2V_ALL:-}" ] || skip "only with I2V_ALL=1"
}

sample() { # step, which of them: of the lines
    awk -v step="$1" -v which="$2" -v all="${I2V_ALL:-}" 'all || NR % step == which'
}

sampled() { # command: every second time
    if ((SEEN++ % 2)) || [ -n "${I2V_ALL:-}" ]; then "$@"; fi
}

hosted() { # command: with the shim
    LD_PRELOAD=$SHIM "$@"
}

make_clip() { # the file the stub plugin opens
    export I2V_STUB_CLIP=$BATS_FILE_TMPDIR/clip.mp4
    ffmpeg -v error -y -f lavfi -i testsrc=s=64x48:r=10:d=1 -f lavfi -i sine=d=1 \
        -c:v mpeg4 -c:a aac -shortest "$I2V_STUB_CLIP"
}

# Command gives the same output and the expected status with the shim and without. Which
# status ffmpeg fails with depends on its version.
same() { # status, "fails" or "any", command
    local plain hosted plain_status=0 hosted_status=0 expected=$1

    shift
    plain=$("$@" 2>"$BATS_TEST_TMPDIR/plain.err") || plain_status=$?
    hosted=$(hosted "$@" 2>"$BATS_TEST_TMPDIR/hosted.err") || hosted_status=$?
    [ "$expected" != any ] || expected=$plain_status
    [ "$expected" != fails ] || [ $plain_status -eq 0 ] || expected=$plain_status
    if [ "$plain" != "$hosted" ] || [ $plain_status != $hosted_status ] ||
        [ $plain_status != "$expected" ]; then
        echo "'$*', status $plain_status, with the shim $hosted_status:"
        diff <(echo "$plain") <(echo "$hosted")
        return 1
    fi
}

# The same errors as well; their lines may hold addresses.
same_error() { # status, "fails" or "any", command
    same "$@"
    diff <(sed 's/0x[0-9a-f]*//' "$BATS_TEST_TMPDIR/plain.err") \
        <(sed 's/0x[0-9a-f]*//' "$BATS_TEST_TMPDIR/hosted.err")
}

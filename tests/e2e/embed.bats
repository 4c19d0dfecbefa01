# i2v: what a program that embeds libi2v builds on: the header, the library, the sample
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

ROOT=$BATS_TEST_DIRNAME/../..
STRICT="-pedantic -Wall -Wextra -Wshadow -Wconversion -Werror"

setup_file() {
    shared_still
    start_gateway --latency 1.5
    DESTDIR='' cmake --install "$BUILD" --prefix "$BATS_FILE_TMPDIR/prefix" >/dev/null
    in_prefix
    build_sample "$BATS_FILE_TMPDIR/embed"
}
setup() {
    common_setup
    in_prefix
    EMBED=$BATS_FILE_TMPDIR/embed
}

# Build and run against what is installed, or against the build tree.
in_prefix() {
    PC=$(find "$BATS_FILE_TMPDIR/prefix" -name i2v.pc)
    use_pc
}
in_build_tree() {
    PC=$(find "$BUILD"/lib* -name i2v.pc)
    use_pc
}
use_pc() {
    [ -n "$PC" ] || { echo "no i2v.pc"; return 1; }
    # before those of an FFmpeg that is not the system's
    export PKG_CONFIG_PATH=${PC%/*}${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    export LD_LIBRARY_PATH=${PC%/pkgconfig/*}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
}

# What makes FFmpeg's own headers, which are not as strict, the system's.
lenient() { pkg-config --cflags libavformat libavcodec libavutil | sed 's/-I/-isystem /g'; }

build_sample() { # program, compiler...: as its first lines say
    local program=$1
    shift
    # shellcheck disable=SC2046,SC2086 # words each
    "${@:-cc}" -std=c11 $STRICT "$ROOT/samples/embed.c" -o "$program" $(lenient) \
        $(pkg-config --cflags --libs i2v libavformat libavcodec libavutil)
}

# Digests of the pictures alone.
pictures() { # file
    ffmpeg -v error -nostdin -i "$1" -map 0:v -fps_mode passthrough -f framemd5 - 2>/dev/null ||
        ffmpeg -v error -nostdin -i "$1" -map 0:v -vsync passthrough -f framemd5 -
}
digests() { pictures "$1" | sed -n 's/^0,.*, *//p'; }

expect_frames_of_the_clip() { # file
    digests "$1" >got
    digests "$(store_clip)" >expected
    [ -s expected ] && cmp got expected
}

# The header

@test "the header compiles alone: C11 by gcc and clang, C++17" {
    echo '#include <i2v.h>' >alone.c
    cat >alone.cc <<'CC'
#include <i2v.h>
static_assert(I2V_VERSION_INT >= AV_VERSION_INT(0, 1, 0), "later");
int main()
{
    AVFormatContext *ctx = nullptr;
    char key[I2V_KEY_SIZE];
    if (i2v_check("still.png", nullptr, key) >= 0 && i2v_open_input(&ctx, "still.png", nullptr) >= 0)
        avformat_close_input(&ctx); // FFmpeg's names are C's as well
    return i2v_version() != I2V_VERSION_INT || !i2v_get_class();
}
CC
    local compiler
    for compiler in gcc clang; do
        # shellcheck disable=SC2046,SC2086 # words each
        works $compiler -std=c11 $STRICT -fsyntax-only $(lenient) $(pkg-config --cflags i2v) alone.c
        same "" "$stderr"
    done
    # shellcheck disable=SC2046,SC2086 # words each
    works g++ -std=c++17 $STRICT alone.cc -o alone $(lenient) $(pkg-config --cflags --libs i2v libavformat)
    same "" "$stderr"
}

@test "doxygen has nothing to say against the header's documentation" {
    whole_only
    command -v doxygen || skip "no doxygen here"
    printf '%s\n' "INPUT = $ROOT/plugin/i2v.h" QUIET=YES GENERATE_LATEX=NO HAVE_DOT=NO \
        WARN_NO_PARAMDOC=YES OPTIMIZE_OUTPUT_FOR_C=YES MACRO_EXPANSION=YES \
        'PREDEFINED = __GNUC__=4 I2V_API=' EXPAND_ONLY_PREDEF=YES >Doxyfile
    works doxygen Doxyfile
    same "" "$stderr"
    [ -s html/i2v_8h.html ]
}

# The library

@test "the library exports what the header declares, under a version, and the shim's one entry" {
    local library declared
    library=$(readlink -f "${PC%/pkgconfig/*}/libi2v.so")
    nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort >exported
    sort >expected <<'END'
i2v_check@@I2V_0
i2v_face@@I2V_PRIVATE
i2v_fetch@@I2V_0
i2v_get_class@@I2V_0
i2v_open_input@@I2V_0
i2v_submit@@I2V_0
i2v_version@@I2V_0
END
    diff expected exported
    declared=$(sed -n 's/^I2V_API .*[ *]\(i2v_[a-z_]*\)(.*/\1@@I2V_0/p' "$ROOT/plugin/i2v.h" | sort)
    same "$declared" "$(grep -v PRIVATE exported)"
}

@test "its soname is the header's major version and libavformat's, and it wants nothing private of FFmpeg" {
    local library major
    library=$(readlink -f "${PC%/pkgconfig/*}/libi2v.so")
    major=$(sed -n 's/^#define I2V_VERSION_MAJOR *\([0-9]*\).*/\1/p' "$ROOT/plugin/i2v.h")
    major=$major.$(ffmpeg -version | sed -n 's/^libavformat *\([0-9]*\)\..*/\1/p')
    readelf -d "$library" | grep -F "SONAME" | grep -F "[libi2v.so.$major]"
    readelf -d "$EMBED" | grep -F "NEEDED" | grep -F "[libi2v.so.$major]"
    nm -D --undefined-only "$library" | grep -q avformat_open_input
    ! nm -D --undefined-only "$library" | grep -E ' (ff|avpriv)_' || return 1
}

# The sample

@test "the sample writes the clip's frames, built as its first lines say" {
    works "$EMBED" still.png "She waves" out.y4m duration=4
    says "embed: working" "embed: frame 30" "embed: 120 frames in out.y4m"
    expect_frames_of_the_clip out.y4m
    same 120 "$(wc -l <expected)"
    "$EMBED" still.png "She waves" - duration=4 2>log | cmp - out.y4m
    grep -q "^embed: Serving take 1" log
    expect_creates 1
}

@test "built by clang, and against the build tree, it works as well" {
    whole_only
    build_sample ./by-clang clang
    in_build_tree
    build_sample ./in-tree
    works ./in-tree still.png "She nods" tree.y4m
    in_prefix
    works ./by-clang still.png "She nods" clang.y4m
    expect_frames_of_the_clip tree.y4m
    cmp tree.y4m clang.y4m
    expect_creates 1
}

@test "interrupted while it waits it leaves with 130, and the same command goes on" {
    whole_only
    set_faults "poll * shape waiting"
    begin "$EMBED" still.png "She leaves" out.y4m
    until_true took 1
    until_true eval '[ "$(last_job ".polls // 0")" -ge 3 ]'
    leaves INT
    same 130 $STATUS
    says "embed: Interrupted"
    [ ! -e out.y4m ]
    no_clip
    set_faults ""
    works "$EMBED" still.png "She leaves" out.y4m
    expect_frames_of_the_clip out.y4m
    expect_creates 1
}

@test "a mistake is one sentence and nothing is sent" {
    local case
    ends_with 64 "$EMBED" still.png "She errs"
    ends_with 64 "$EMBED" still.png "She errs" out.y4m duratoin=4
    same "embed: duratoin=4 is no NAME=VALUE of i2v's options" "$stderr"
    for case in duration=7000 fit=no_such model= max_cost=x; do
        ends_with 1 "$EMBED" still.png "She errs" out.y4m "$case"
        same 2 "$(wc -l <<<"$stderr")" # the sentence, and the program's last word
        says "${case%%=*}"
    done
    ends_with 1 "$EMBED" still.png "" out.y4m
    says_in_one "prompt"
    ends_with 1 "$EMBED" missing.png "She errs" out.y4m
    says_in_one missing.png
    ends_with 1 env -u AIML_API_KEY "$EMBED" still.png "She errs" out.y4m
    says_in_one AIML_API_KEY
    [ ! -e out.y4m ]
    expect_requests 0
}

@test "what cannot be written is said, and what was bought is kept" {
    whole_only
    ends_with 1 "$EMBED" still.png "She stays" no/such/out.y4m
    says "embed: No such file or directory"
    ends_with 1 "$EMBED" still.png "She stays" /dev/full
    says "embed: Input/output error"
    expect_creates 1
}

# Threads

@test "sixteen threads at once: each request is one generation, and each thread gets its clip" {
    whole_only
    local api=$BUILD/tests/e2e/api_host
    unset LD_LIBRARY_PATH
    works "$api" threads t1 t2 t3 t4 t1 t2 t3 t4 t1 t2 t3 t4 t1 t2 t3 t4
    same 16 "$(grep -c ': 120$' <<<"$output")"
    expect_creates 4
    works "$api" threads t1 t1 t1 t1 t1 t1 t1 t1 t2 t2 t2 t2 t2 t2 t2 t2
    same 16 "$(grep -c ': 120$' <<<"$output")"
    expect_creates 4
}

# i2v: the install prefix works as the build tree does
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    start_gateway
    DESTDIR='' cmake --install "$BUILD" --prefix "$BATS_FILE_TMPDIR/prefix" >/dev/null
}
setup() {
    common_setup
    PREFIX=$BATS_FILE_TMPDIR/prefix
}

@test "launcher, libraries, header, pkg-config file and manuals are in place" {
    local file
    for file in bin/i2v bin/i2vctl bin/i2v-gateway include/i2v.h share/man/man1/i2v.1 \
        share/man/man1/i2vctl.1 share/man/man1/i2v-gateway.1; do
        [ -s "$PREFIX/$file" ] || { echo "missing: $file"; return 1; }
    done
    for file in libi2v.so libi2v.so.0 libi2v-preload.so i2v.pc; do
        [ -n "$(find "$PREFIX" -name "$file")" ] || { echo "missing: $file"; return 1; }
    done
}

@test "the installed launcher hosts ffmpeg, also through a link and from a moved prefix" {
    works "$PREFIX/bin/i2v" ffmpeg -nostdin -y -f i2v -prompt one -i still.png -c copy out.mp4
    same 120 "$(frames_of out.mp4)"
    ln -s "$PREFIX/bin/i2v" link
    works ./link ffmpeg -nostdin -y -f i2v -prompt one -i still.png -c copy linked.mp4
    cp -a "$PREFIX" moved
    works moved/bin/i2v ffmpeg -nostdin -y -f i2v -prompt one -i still.png -c copy moved.mp4
    cmp out.mp4 moved.mp4
    expect_creates 1
}

@test "the installed command fetches" {
    works "$PREFIX/bin/i2vctl" fetch --prompt two still.png
    same 120 "$(frames_of "$output")"
}

@test "nothing that is installed names the build tree" {
    ! grep -rIl "$BUILD" "$PREFIX" || return 1 # but in debug information
    local library
    for library in $(find "$PREFIX" -name 'libi2v*.so*' -type f) "$PREFIX/bin/i2vctl" "$PREFIX/bin/i2v-gateway"; do
        ! readelf -d "$library" | grep -E 'R(UN)?PATH' || { echo "$library"; return 1; }
    done
}

@test "a program builds against the installed header and library" {
    cat >embed.c <<'C'
#include <i2v.h>
int main(int argc, char **argv)
{
    AVFormatContext *ctx = NULL;
    if (argc < 2 || i2v_open_input(&ctx, argv[1], NULL) < 0)
        return 1;
    int streams = (int)ctx->nb_streams;
    avformat_close_input(&ctx);
    return streams == 2 ? 0 : 2;
}
C
    local pc
    pc=$(dirname "$(find "$PREFIX" -name i2v.pc)")
    export PKG_CONFIG_PATH=$pc
    # shellcheck disable=SC2046 # words each
    cc -Wall -Werror embed.c -o embed $(pkg-config --cflags --libs i2v libavformat)
    LD_LIBRARY_PATH=$(dirname "$pc") works ./embed "i2v:still.png?prompt=three"
    expect_creates 1
}

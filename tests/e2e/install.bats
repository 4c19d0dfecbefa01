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

# A program builds with what pkg-config says of an installed library, and opens a URL.
embeds() { # directory of the library, URL
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
    # shellcheck disable=SC2046 # words each
    cc -Wall -Werror embed.c -o embed \
        $(PKG_CONFIG_PATH=$1/pkgconfig pkg-config --cflags --libs i2v)
    LD_LIBRARY_PATH=$1 works ./embed "$2"
}

@test "launcher, libraries, header, pkg-config file and manuals are in place" {
    local file
    for file in bin/i2v bin/i2vctl bin/i2v-gateway include/i2v.h share/man/man1/i2v.1 \
        share/man/man1/i2vctl.1 share/man/man1/i2v-gateway.1 share/man/man7/i2v-hosts.7 \
        share/bash-completion/completions/i2v share/bash-completion/completions/i2vctl; do
        [ -s "$PREFIX/$file" ] || { echo "missing: $file"; return 1; }
    done
    for file in libi2v.so "libi2v.so.0.[0-9]*" libi2v-preload.so i2v.pc; do
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

@test "a staged install works where it is staged" {
    DESTDIR=$PWD/stage works cmake --install "$BUILD" --prefix /usr
    same usr "$(ls stage)"
    works stage/usr/bin/i2v ffmpeg -nostdin -y -f i2v -prompt four -i still.png -c copy out.mp4
    same 120 "$(frames_of out.mp4)"
}

@test "a build with an absolute directory for libraries works in its tree, installed and staged" {
    whole_only
    cmake -S "$BATS_TEST_DIRNAME/../.." -B tree -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG= \
        -DI2V_TESTS=OFF -DCMAKE_INSTALL_PREFIX="$PWD/there" -DCMAKE_INSTALL_LIBDIR="$PWD/elsewhere/lib64" >log &&
        cmake --build tree >>log || { tail log && return 1; }
    works cmake --install tree
    DESTDIR=$PWD/stage works cmake --install tree
    local launcher
    for launcher in tree/bin/i2v there/bin/i2v "stage$PWD/there/bin/i2v"; do
        works "$launcher" ffmpeg -nostdin -y -f i2v -prompt five -i still.png -c copy out.mp4
        same 120 "$(frames_of out.mp4)"
    done
    embeds "$PWD/elsewhere/lib64" "i2v:still.png?prompt=five"
    expect_creates 1
}

@test "a directory for libraries is named as GNU does it: below the prefix, typed or not" {
    whole_only
    local given libdir
    for given in LIBDIR=lib LIBDIR=lib64 LIBDIR:PATH=lib64 LIBDIR:STRING=lib/sub; do
        libdir=${given#*=}
        rm -rf tree there
        cmake -S "$BATS_TEST_DIRNAME/../.." -B tree -G Ninja -DI2V_TESTS=OFF \
            -DCMAKE_INSTALL_PREFIX="$PWD/there" "-DCMAKE_INSTALL_$given" >log 2>&1 ||
            { tail log && return 1; }
        # what this component installs needs no build
        works cmake --install tree --component development
        same there/$libdir/pkgconfig/i2v.pc "$(find . -name i2v.pc ! -path "./tree/*" -printf "%P\n")"
        [ -L "there/$libdir/libi2v.so" ]
    done
}

@test "each component installs its own files, and touches no other" {
    whole_only
    local component
    mkdir -p before/share/man/man1 before/share/doc/libi2v-dev
    echo "of another" | tee before/share/man/man1/i2v-other.1 >before/share/doc/libi2v-dev/changelog.Debian
    for component in runtime development manuals; do
        cp -r before "$component"
        works cmake --install "$BUILD" --prefix "$PWD/$component" --component "$component"
        ! diff -r before "$component" | grep -v "^Only in $component" || return 1
        rm "$component/share/man/man1/i2v-other.1" "$component/share/doc/libi2v-dev/changelog.Debian"
        (cd "$component" && find . ! -type d) >>parts
    done
    diff <(sort parts) <(cd "$PREFIX" && find . ! -type d | sort)
    same 4 "$(find manuals -name '*.[17]' | wc -l)"
    ! grep -E '\.gz$|copyright' parts || return 1 # of the packages
}

@test "the plugins of two majors have room in one prefix" {
    whole_only
    local libdir major
    libdir=$(dirname "$(find "$PREFIX" -path '*/i2v/libi2v-preload.so')")
    major=$(basename "$(find "$libdir" -mindepth 1 -maxdepth 1 -type d)")
    cp -r "$PREFIX" two
    libdir=two${libdir#"$PREFIX"}
    mv "$libdir/$major" "$libdir/1"
    mv "$libdir/1/libi2v.so.0.$major" "$libdir/1/libi2v.so.0.1"
    rm "$libdir/../libi2v.so.0.$major"
    ln -s i2v/1/libi2v.so.0.1 "$libdir/../libi2v.so.0.1"
    ln -sf libi2v.so.0.1 "$libdir/../libi2v.so"
    works two/bin/i2v --check ffmpeg
    grep -q "there are plugins for 1 in" <<<"$output"
    DESTDIR='' works cmake --install "$BUILD" --prefix "$PWD/two"
    same "1 $major" "$(cd "$libdir" && echo [0-9]*)"
    works two/bin/i2v ffmpeg -nostdin -y -f i2v -prompt six -i still.png -c copy out.mp4
    # what embeds a major goes on with its own, and is built for the last one
    same i2v/1/libi2v.so.0.1 "$(readlink "$libdir/../libi2v.so.0.1")"
    same "i2v/$major/libi2v.so.0.$major" "$(readlink "$libdir/../libi2v.so.0.$major")"
    embeds "$libdir/.." "i2v:still.png?prompt=six"
    readelf -d embed | grep -F NEEDED | grep -F "[libi2v.so.0.$major]"
    rm "$libdir/../libi2v.so.0.$major"
    ! LD_LIBRARY_PATH=$libdir/.. ./embed "i2v:still.png?prompt=six" || return 1
}

@test "the installed command fetches" {
    works "$PREFIX/bin/i2vctl" fetch --prompt two still.png
    same 120 "$(frames_of "$output")"
}

@test "the installed command finds what reads AVIF" {
    command -v avifenc >/dev/null || skip "no avifenc here"
    [ -n "$(find "$PREFIX" -name i2v-heif.so)" ] || skip "built without libheif"
    avifenc -s 10 still.png still.avif >/dev/null 2>&1 || true
    [ -s still.avif ] || skip "this avifenc has no encoder"
    (cd "$PREFIX/bin" && works ./i2vctl fetch --prompt avif "$BATS_TEST_TMPDIR/still.avif")
    expect_creates 1
}

@test "nothing that is installed names the build tree" {
    ! grep -rIlE "(^|[^.[:alnum:]])$BUILD/" "$PREFIX" || return 1 # but in debug information
    local library
    for library in $(find "$PREFIX" -name 'libi2v*.so*' -type f) "$PREFIX/bin/i2vctl" "$PREFIX/bin/i2v-gateway"; do
        ! readelf -d "$library" | grep -E 'R(UN)?PATH' || { echo "$library"; return 1; }
    done
}

@test "a program builds against the installed header and library" {
    embeds "$(dirname "$(find "$PREFIX" -name libi2v.so)")" "i2v:still.png?prompt=three"
    expect_creates 1
}

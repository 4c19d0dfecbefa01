# i2v: the packages that cpack makes of the build tree
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    start_gateway
    export PACKAGES=$BATS_FILE_TMPDIR/packages
    mkdir "$PACKAGES"
    (cd "$PACKAGES" && cpack --config "$BUILD/CPackConfig.cmake" -G DEB) \
        >"$BATS_FILE_TMPDIR/log" 2>&1 || { cat "$BATS_FILE_TMPDIR/log" && return 1; }
    dpkg-deb -x "$PACKAGES"/i2v_*.deb "$PACKAGES/i2v"
    dpkg-deb -x "$PACKAGES"/libi2v-dev_*.deb "$PACKAGES/dev"
}
setup() {
    common_setup
    LIBDIR=usr/$(sed -n 's/^CMAKE_INSTALL_LIBDIR:[A-Z]*=//p' "$BUILD/CMakeCache.txt")
    MAJOR=$(ffmpeg -version | sed -n 's/^libavformat *\([0-9]*\)\..*/\1/p')
}

field() { # package, name
    dpkg-deb -f "$PACKAGES/$1"_*.deb "$2"
}

@test "each package has its files and no other" {
    { [ ! -e "$BUILD/${LIBDIR#usr/}/i2v/$MAJOR/i2v-heif.so" ] || echo "./$LIBDIR/i2v/$MAJOR/i2v-heif.so"
        cat <<END
./$LIBDIR/i2v/$MAJOR/libi2v.so.0.$MAJOR
./$LIBDIR/i2v/libi2v-preload.so
./$LIBDIR/libi2v.so.0.$MAJOR
./usr/bin/i2v
./usr/bin/i2v-gateway
./usr/bin/i2vctl
./usr/share/bash-completion/completions/i2v
./usr/share/bash-completion/completions/i2vctl
./usr/share/doc/i2v/NEWS
./usr/share/doc/i2v/README.md
./usr/share/doc/i2v/changelog.Debian.gz
./usr/share/doc/i2v/copyright
./usr/share/doc/i2v/examples/broadcast.sh
./usr/share/doc/i2v/examples/cluster.sh
./usr/share/doc/i2v/examples/continue.sh
./usr/share/doc/i2v/examples/crossfade.sh
./usr/share/doc/i2v/examples/film.sh
./usr/share/doc/i2v/examples/join.sh
./usr/share/doc/i2v/examples/ladder.sh
./usr/share/doc/i2v/examples/picture.svg
./usr/share/doc/i2v/examples/shots.jsonl
./usr/share/lintian/overrides/i2v
./usr/share/man/man1/i2v-gateway.1.gz
./usr/share/man/man1/i2v.1.gz
./usr/share/man/man1/i2vctl.1.gz
./usr/share/man/man7/i2v-hosts.7.gz
END
    } | sort >expected
    diff <(cd "$PACKAGES/i2v" && find . ! -type d | sort) expected
    sort >expected <<END
./$LIBDIR/libi2v.so
./$LIBDIR/pkgconfig/i2v.pc
./usr/include/i2v.h
./usr/share/doc/libi2v-dev/changelog.Debian.gz
./usr/share/doc/libi2v-dev/copyright
./usr/share/doc/libi2v-dev/examples/embed.c
END
    diff <(cd "$PACKAGES/dev" && find . ! -type d | sort) expected
    [ -z "$(find "$PACKAGES/i2v" "$PACKAGES/dev" -type d -empty)" ]
}

@test "what the packaged README links to is there" {
    local link links=0
    cd "$PACKAGES/i2v/usr/share/doc/i2v"
    while read -r link; do
        [ -e "$link" ] || { echo "$link"; return 1; }
        links=$((links + 1))
    done < <(grep -o '](\([^)]*\))' README.md | tr -d '])(')
    [ "$links" -gt 1 ]
}

@test "the packages say which FFmpeg they are for and what they need" {
    local depends version name
    version=$(field i2v Version)
    [[ $version == *"-1+lavf$MAJOR" ]]
    same "$version" "$(field libi2v-dev Version)"
    depends=", $(field i2v Depends),"
    for name in "libavformat$MAJOR" libavfilter libcurl libcjson libmicrohttpd libc6 ffmpeg \
        ca-certificates; do
        [[ $depends == *", $name"* ]] || { echo "no $name in $depends" && return 1; }
    done
    same "i2v (= $version), libavformat-dev, libavutil-dev" "$(field libi2v-dev Depends)"
}

@test "what embeds the library depends on a package that has that of its major" {
    dpkg-deb --ctrl-tarfile "$PACKAGES"/i2v_*.deb | tar -xO ./shlibs >shlibs
    same "libi2v 0.$MAJOR libi2v0.$MAJOR (>= $(field i2v Version | cut -d- -f1))" "$(cat shlibs)"
    same "libi2v0.$MAJOR (= $(field i2v Version))" "$(field i2v Provides)"
    # dpkg's own tool reads it so
    mkdir debian
    printf 'Source: x\n\nPackage: x\nArchitecture: any\n' >debian/control
    cp shlibs debian/shlibs.local
    works dpkg-shlibdeps -O "-l$PACKAGES/i2v/$LIBDIR" --ignore-missing-info "$BUILD/tests/e2e/api_host"
    [[ $output == *"libi2v0.$MAJOR (>= "* ]]
}

@test "nothing in the packages names the build tree, and no debug information is shipped" {
    local file
    ! grep -rlaF -e "$BUILD/" -e "$(readlink -f "$BATS_TEST_DIRNAME/../..")/" "$PACKAGES/i2v" "$PACKAGES/dev" ||
        return 1
    for file in $(find "$PACKAGES/i2v/$LIBDIR" -type f) "$PACKAGES"/i2v/usr/bin/i2v?*; do
        ! readelf -SW "$file" | grep -F .debug_info || { echo "$file" && return 1; }
    done
    same "" "$(find "$PACKAGES/i2v" "$PACKAGES/dev" \( -perm /022 ! -type l -o -name '*.[17]' \))"
}

@test "the preloaded library needs the C library alone, and all are hardened" {
    local file
    same "libc.so.6" "$(readelf -dW "$PACKAGES/i2v/$LIBDIR/i2v/libi2v-preload.so" |
        sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vx libdl.so.2)" # a part of it
    for file in $(find "$PACKAGES/i2v/$LIBDIR" -type f) "$PACKAGES"/i2v/usr/bin/i2v?*; do
        readelf -dW "$file" | grep -qE 'BIND_NOW|FLAGS_1.*NOW' || { echo "lazy: $file" && return 1; }
        readelf -lW "$file" | grep -q GNU_RELRO || { echo "no relro: $file" && return 1; }
        readelf -hW "$file" | grep -q 'Type: *DYN' || { echo "no PIE: $file" && return 1; }
    done
}

@test "lintian finds no errors" {
    command -v lintian >/dev/null || skip "no lintian here"
    run lintian --fail-on error --no-tag-display-limit "$PACKAGES"/*.deb
    [ "$status" -eq 0 ] || { echo "$output" && return 1; }
}

@test "what the package brings works where it is unpacked" {
    local bin=$PACKAGES/i2v/usr/bin
    works "$bin/i2v" ffmpeg -nostdin -y -f i2v -prompt one -i still.png -c copy out.mp4
    same 120 "$(frames_of out.mp4)"
    works "$bin/i2vctl" fetch --prompt one still.png
    same 120 "$(frames_of "$output")"
    expect_creates 1
    works "$bin/i2v-gateway" --version
    grep -q '\.SH NAME' <(gzip -dc "$PACKAGES/i2v/usr/share/man/man1/i2v.1.gz")
}

@test "an archive can be unpacked anywhere" {
    works cpack --config "$BUILD/CPackConfig.cmake" -G TGZ
    tar -xzf i2v-*.tar.gz
    works i2v-*/bin/i2v ffmpeg -nostdin -y -f i2v -prompt two -i still.png -c copy out.mp4
    same 120 "$(frames_of out.mp4)"
    [ -s i2v-*/include/i2v.h ]
}

# i2v: what the shim shows to the dynamic linker
# SPDX-License-Identifier: LGPL-2.1-or-later

load helper

@test "the shim needs libc and nothing else" {
    # libdl is a part of libc, since glibc 2.34 also by its file
    needed=$(readelf -d "$SHIM" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vx libdl.so.2)
    echo "$needed"
    [ "$needed" = libc.so.6 ]
}

@test "the shim exports exactly the hooked functions, unversioned" {
    table=$(sed -n 's/^HOOK([^,]*, \([a-z0-9_]*\),.*/\1/p' "$HOOKS" | sort)
    exported=$(nm -D --defined-only "$SHIM" | awk '{print $3}' | sort)
    diff <(echo "$table") <(echo "$exported")
    grep -qx avformat_open_input <<<"$exported"
}

@test "every symbol it wants is libc's" {
    run -0 env LD_BIND_NOW=1 LD_PRELOAD="$SHIM" /bin/true
    [ -z "$output" ]
    # weak ones (the C runtime's own hooks) may stay undefined
    run -0 bash -c "nm -D --undefined-only '$SHIM' | awk '\$1 == \"U\" && \$2 !~ /@GLIBC_/'"
    [ -z "$output" ]
}

@test "its thread-local storage is initial-exec and its stack not executable" {
    readelf -d "$SHIM" | grep -q STATIC_TLS
    readelf -Wl "$SHIM" | grep GNU_STACK | grep -qv E
}

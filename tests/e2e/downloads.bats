# i2v: downloads: cut anywhere, too large, redirected, from odd places, and not a clip at all
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    start_gateway
    FILES_PORT=$(sed -n 's|.*files at http://127.0.0.1:\([0-9]*\)).*|\1|p' "$GATEWAY_LOG")
    export FILES_PORT
}
teardown() { [ -z "${WRITER:-}" ] || kill $WRITER 2>/dev/null || true; }

take_one() { # prompt: the gateway has it, and nothing of the clip is here
    set_faults "poll * shape waiting"
    ends_with 75 fetch --prompt "$1" --max_wait 0 still.png
    set_faults ""
    PART=$(compgen -G "$I2V_STORE/*.json")
    PART=${PART%.json}.mp4.part
    ASKED=$(count download)
    until_true gateway_has_clip
    CLIP_SIZE=$(stat -c %s whole.mp4)
}

gateway_has_clip() {
    gateway_clip whole.mp4
    [ "$(stat -c %s whole.mp4)" -gt 1000 ]
}

# The ranges that were asked for since take_one().
ranges() {
    local n=$(($(count download) - ASKED))
    [ $n -eq 0 ] ||
        state "[.requests[] | select(.endpoint == \"download\")][-$n:] | map(.headers.range // \"-\") | join(\" \")"
}

# The generation of the last take_one() once more, as if nothing of it had come.
once_more() {
    rm -f "${PART%.part}"
    ASKED=$(count download)
}

delivered() { # prompt
    works timeout 60 "$BIN/i2vctl" fetch --prompt "$1" still.png
    cmp whole.mp4 "$output"
    expect_creates 1
}

# Cut, and odd sizes

@test "cut at every tenth: resumed from there, whole, one create" {
    whole_only
    local tenth expected
    take_one tenths
    some 5 0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0
    for tenth in "${SOME[@]}"; do
        once_more
        set_faults "download 1 cut $tenth"
        delivered tenths
        expected="- bytes=$(jq -n "$CLIP_SIZE * $tenth | floor")-"
        [ $tenth != 0.0 ] || expected="- -"
        [ $tenth != 1.0 ] || expected="-"
        same "$expected" "$(ranges)" || { echo "at $tenth"; return 1; }
    done
}

@test "cut nine times in one download" {
    whole_only
    take_one "cut often"
    set_faults "download 1-9 cut 0.1"
    delivered "cut often"
    same 10 "$(ranges | wc -w)"
    # Each goes on where the one before ended.
    ranges | tr ' ' '\n' | tail -n +2 | tr -dc '0-9\n' | sort -n -c -u
}

@test "more bytes than announced are not kept" {
    take_one "too many"
    set_faults "download 1 cut 0.5" "download 2 endless"
    delivered "too many"
    same "- bytes=$((CLIP_SIZE / 2))- -" "$(ranges)"
}

@test "more than 2 GiB announced: refused before the disk is full, and fetched once it is right" {
    whole_only
    take_one "too large"
    set_faults "download * wrong-length 2147483647"
    ends_with 73 fetch --prompt "too large" still.png
    says_in_one "$(last_job .id)" "File too large" "buys nothing"
    same 0 "$(stat -c %s "$PART")"
    same - "$(ranges)"
    no_clip
    set_faults ""
    delivered "too large"
}

# As if the first bytes of FILE were an earlier attempt at a file of CLIP_SIZE bytes.
put_part() { # file, bytes, etag
    head -c "$2" "$1" >"$PART"
    jq -nc --arg etag "$3" --arg digest "$(sha256sum "$PART" | cut -d' ' -f1)" --argjson bytes "$2" \
        --argjson size "$CLIP_SIZE" '{validator: $etag, size: $size, bytes: $bytes, sha256: $digest}' >"$PART.note"
}

# The validator that the clip is served with.
etag() { curl -sSI "http://127.0.0.1:$FILES_PORT$(last_job .path)" | tr -d '\r' | sed -n 's/^ETag: //Ip'; }

@test "a .part that is longer than the clip" {
    whole_only
    take_one "part too long"
    cat whole.mp4 still.png >longer
    put_part longer "$(stat -c %s longer)" "$(etag)"
    ASKED=$(count download)
    delivered "part too long"
    same "bytes=$(stat -c %s longer)- -" "$(ranges)"
    [ ! -e "$PART" ] && [ ! -e "$PART.note" ]
}

@test "a .part of other bytes: shorter than the clip, as long, and of another kind" {
    local size
    take_one "part of others"
    some 3 1 1000 $((CLIP_SIZE / 2)) "$CLIP_SIZE"
    for size in "${SOME[@]}"; do
        once_more
        head -c "$size" /dev/urandom >"$PART"
        delivered "part of others"
        # Nothing says what they are, so they are not gone on from.
        same - "$(ranges)"
    done
}

@test "what a power cut leaves of a .part is not gone on from" {
    local half tag left
    take_one "power cut"
    half=$((CLIP_SIZE / 2)) tag=$(etag)
    for left in zeros halfzeros bit cut gone oldnote nonote emptynote zeronote halfnote; do
        put_part whole.mp4 $half "$tag"
        case $left in
        zeros) head -c $half /dev/zero >"$PART" ;;
        halfzeros) truncate -s $((half / 2)) "$PART" && truncate -s $half "$PART" ;;
        bit) printf '\377' | dd of="$PART" bs=1 seek=$((half - 1)) conv=notrunc status=none ;;
        cut) truncate -s -1 "$PART" ;;
        gone) rm "$PART" ;;
        oldnote) jq -c '.bytes += 1' "$PART.note" >note && cat note >"$PART.note" ;;
        nonote) rm "$PART.note" ;;
        emptynote) : >"$PART.note" ;;
        zeronote) head -c 512 /dev/zero >"$PART.note" ;;
        halfnote) truncate -s 60 "$PART.note" ;;
        esac
        rm -f "${PART%.part}"
        ASKED=$(count download)
        delivered "power cut"
        same - "$(ranges)" || { echo "$left"; return 1; }
    done
    # And it would have been, if all had been well.
    put_part whole.mp4 $half "$tag"
    rm -f "${PART%.part}"
    ASKED=$(count download)
    delivered "power cut"
    same "bytes=$half-" "$(ranges)"
}

@test "another version of the file, as long to the byte: never spliced" {
    local other validator
    take_one versions
    set_faults "download 1 cut 0.5" "download 2- clip other"
    works timeout 60 "$BIN/i2vctl" fetch --prompt versions still.png
    same "- bytes=$((CLIP_SIZE / 2))-" "$(ranges)"
    other=$(find "$(dirname "$GATEWAY_LOG")/state" -name "other-*.mp4")
    same "$CLIP_SIZE" "$(stat -c %s "$other")"
    cmp "$other" "$output"
    ! cmp -s whole.mp4 "$output" || return 1
    # The same where nothing tells the two apart: nothing is gone on from.
    for validator in none weak; do
        once_more
        set_faults "download * validator $validator" "download 1 cut 0.5" "download 2- clip other"
        works timeout 60 "$BIN/i2vctl" fetch --prompt versions still.png
        same "- -" "$(ranges)"
        cmp "$other" "$output"
    done
    # A date does.
    once_more
    set_faults "download * validator date" "download 1 cut 0.5"
    works timeout 60 "$BIN/i2vctl" fetch --prompt versions still.png
    same "- bytes=$((CLIP_SIZE / 2))-" "$(ranges)"
    cmp whole.mp4 "$output"
    expect_creates 1
}

@test "content codings that nobody asked for: decoded, and never spliced" {
    take_one coded
    set_faults "download 1 cut 0.5" "download * coded gzip"
    delivered coded
    same "- -" "$(ranges)"
}

@test "a content coding that it is not in: taken as it is" {
    local coding
    for coding in "gzip already" snappy aws-chunked; do
        set_faults "create * coded $coding" "poll * coded $coding" "download * coded $coding"
        mark
        works timeout 60 "$BIN/i2vctl" fetch --prompt "coded $coding" still.png
        says_not "damaged"
        expect_creates 1
    done
}

@test "refused for good: asked less and less often, and the last line says that it cannot be fetched" {
    local code
    for code in 401 403 404 410; do
        rm -rf "$I2V_STORE"
        mark
        take_one "refused $code"
        set_faults "download * status $code"
        ends_with 75 timeout 60 "$BIN/i2vctl" fetch --prompt "refused $code" --max_wait 4 still.png
        grep -F "is ready at the gateway and cannot be fetched (HTTP $code)" <<<"$(tail -n 1 <<<"$stderr")"
        says_not "goes on at the gateway"
        # 1, 2 and 4 seconds: at most three in four.
        [ "$(ranges | wc -w)" -le 3 ]
        set_faults ""
        delivered "refused $code"
    done
}

@test "a .part that is a link is not followed" {
    take_one "part is a link"
    echo mine >mine
    ln -s "$PWD/mine" "$PART"
    ends_with 73 fetch --prompt "part is a link" still.png
    says "$(last_job .id)"
    same mine "$(cat mine)"
    rm "$PART"
    delivered "part is a link"
}

# Redirects and URLs

@test "five redirects are followed, the sixth is not" {
    whole_only
    take_one "five"
    set_faults "download 1-5 redirect self"
    delivered "five"
    same 6 "$(ranges | wc -w)"
    says_not "did not finish"
    once_more
    set_faults "download 1-6 redirect self"
    delivered "five"
    same 7 "$(ranges | wc -w)"
    says_in_one "did not finish" redirects
}

@test "a result URL of another kind is not opened, and the generation is kept" {
    local url
    take_one "odd url"
    cp whole.mp4 bait.mp4
    some 3 "file://$PWD/bait.mp4" "ftp://127.0.0.1:$FILES_PORT/x.mp4" \
        "gopher://127.0.0.1:$FILES_PORT/x.mp4" "data:video/mp4;base64,$(head -c 300 bait.mp4 | base64 -w0)" \
        "concat:$PWD/bait.mp4" "i2v:still.png?prompt=again"
    for url in "${SOME[@]}"; do
        set_faults "poll * url $url"
        ends_with 75 timeout 30 "$BIN/i2vctl" fetch --prompt "odd url" still.png
        says_in_one "$(last_job .id)" "may not be fetched"
        no_clip
    done
    same "" "$(ranges)"
    set_faults ""
    delivered "odd url"
}

@test "a result URL that is a path is one of the gateway's, and no file of this machine" {
    whole_only
    take_one "a path"
    cp whole.mp4 bait.mp4
    set_faults "poll * url $PWD/bait.mp4"
    ends_with 75 timeout 30 "$BIN/i2vctl" fetch --prompt "a path" --max_wait 0 still.png
    no_clip
    same true "$(state "[.requests[].path] | index(\"$PWD/bait.mp4\") != null")"
    same false "$(state .key_at_cdn)"
}

@test "a redirect to another kind of URL is not followed" {
    whole_only
    take_one "odd redirect"
    cp whole.mp4 bait.mp4
    set_faults "download 1 redirect file://$PWD/bait.mp4" "download 2 redirect ftp://127.0.0.1:$FILES_PORT/x.mp4" \
        "download 3 redirect data:video/mp4;base64,$(base64 -w0 <bait.mp4 | head -c 400)"
    delivered "odd redirect"
    # the last one is a path on the same server to old versions of libcurl
    case $(ranges) in "- - - -" | "- - - - -") ;; *) ranges; return 1 ;; esac
}

@test "credentials in a result URL are in no log" {
    whole_only
    local secret=hunter2-Vq8zRw path
    take_one "with a password"
    path=$(last_job .path)
    export I2V_LOG=$PWD/events.log I2V_DEBUG=1 FFREPORT=file=$PWD/report.log:level=56
    set_faults "poll * url http://joe:$secret@127.0.0.1:$FILES_PORT$path" \
        "download 1 status 503" "download 2 cut 0.5" "download 3 expired" \
        "download 4 redirect http://joe:$secret@127.0.0.1:$FILES_PORT$path"
    works ff -v trace -f i2v -prompt "with a password" -i still.png -c copy out.mp4
    same "" "$(grep -rlaF -- "$secret" . || true; grep -aF -- "$secret" <<<"$output$stderr" || true)"
    [ -s report.log ] && [ -s events.log ]
    cmp whole.mp4 "$(store_clip)"
    # They were sent, or this proves nothing.
    same true "$(state '[.requests[] | select(.endpoint == "download")][-1].headers.has_authorization')"
    # Where they fail, too.
    rm "$(store_clip)"
    for url in "http://joe:$secret@127.0.0.1:1/x.mp4" "ftp://joe:$secret@127.0.0.1/x.mp4"; do
        set_faults "poll * url $url"
        refused timeout 60 "$BIN/i2v" ffmpeg -nostdin -y -v trace -f i2v -prompt "with a password" -max_wait 0 \
            -i still.png -c copy out.mp4
        same "" "$(grep -rlaF -- "$secret" . || true; grep -aF -- "$secret" <<<"$output$stderr" || true)"
    done
}

# What is no clip

@test "a playlist, a script, a picture: never published, nothing that they name is read" {
    local kind
    mkfifo bait
    (echo x >bait; touch opened) 3>&- &
    WRITER=$!
    printf '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n%s\n#EXT-X-ENDLIST\n' "$GATEWAY/control/clip" >odd.m3u8
    printf 'ffconcat version 1.0\nfile %s\n' "$PWD/bait" >odd.ffconcat
    take_one "odd clip"
    cp still.png odd.png
    mark
    for kind in m3u8 ffconcat png; do
        set_faults "download * file $PWD/odd.$kind"
        ends_with 75 timeout 30 "$BIN/i2vctl" fetch --prompt "odd clip" --max_wait 0 still.png
        says damaged "$(last_job .id)"
        no_clip
    done
    ends_with 75 timeout 30 "$BIN/i2vctl" fetch --prompt "odd clip" still.png
    says_in_one "server's file is broken" "buys nothing" "kept as $I2V_STORE/"
    cmp odd.png "$I2V_STORE/"*.broken.mp4
    no_clip
    [ ! -e opened ]
    same 0 "$(state '[.requests[] | select(.path | startswith("/control/clip"))] | length')"
    set_faults ""
    works fetch --prompt "odd clip" still.png
    cmp whole.mp4 "$output"
    expect_creates 0
}

# MP4 boxes

u32() { # number, file, offset: write it big-endian
    local hex
    hex=$(printf %08x "$1")
    printf '%b' "\\x${hex:0:2}\\x${hex:2:2}\\x${hex:4:2}\\x${hex:6:2}" |
        dd of="$2" bs=1 seek="$3" conv=notrunc status=none
}

read_u32() { # file, offset
    od -An -tu4 --endian=big -j "$2" -N 4 "$1" | tr -d ' '
}

zeros() { head -c "$1" /dev/zero; }

# The first track's data lies in another file: an alias record with an absolute path, as
# QuickTime writes it. The moov must be at the end, or every offset would be wrong.
with_external_track() { # from, to, path
    local path=$3 box at dref entry size delta
    [ $((${#path} % 2)) -eq 0 ] || path=/$path
    {
        printf 'alis\0\0\0\0'
        zeros 10
        printf '\0'
        zeros 27
        zeros 12
        printf '\0'
        zeros 63
        zeros 16
        printf '\xff\xff\xff\xff'
        zeros 16
        printf '\0\2%b%s' "\\x$(printf %02x $((${#path} >> 8)))\\x$(printf %02x $((${#path} & 255)))" "$path"
        printf '\xff\xff\0\0'
    } >alias
    dref=$(grep -abo dref "$1" | head -1 | cut -d: -f1)
    entry=$((dref + 12))
    same 12 "$(read_u32 "$1" $entry)"
    size=$(($(stat -c %s alias) + 4))
    delta=$((size - 12))
    head -c $((entry + 4)) "$1" >"$2"
    cat alias >>"$2"
    tail -c +$((entry + 12 + 1)) "$1" >>"$2"
    u32 $size "$2" $entry
    for box in moov trak mdia minf dinf dref; do
        at=$(($(grep -abo $box "$1" | head -1 | cut -d: -f1) - 4))
        u32 $(($(read_u32 "$1" $at) + delta)) "$2" $at
    done
}

# In the place of the store's clip, as if it had been verified.
put_into_store() { # file
    local clip record
    clip=$(store_clip)
    record=${clip%.mp4}.json
    cp "$1" "$clip"
    jq --arg hash "$(sha256sum "$1" | cut -d' ' -f1)" --arg time "$(stat -c %.9Y "$clip")" \
        --argjson size "$(stat -c %s "$1")" '.clip_sha256 = $hash | .clip_time = $time | .clip_size = $size' \
        "$record" >record.new
    cat record.new >"$record"
}

@test "a clip whose track lies in another file: that file is not read" {
    local drefs=(-enable_drefs 1 -use_absolute_path 1)
    take_one "elsewhere"
    ffmpeg -v error -i whole.mp4 -c copy late.mp4
    mkfifo bait
    with_external_track late.mp4 odd.mp4 "$PWD/bait"
    # A plain ffmpeg that is asked to does read it.
    (echo x >bait; touch opened) 3>&- & WRITER=$!
    timeout 20 ffmpeg -nostdin -v error "${drefs[@]}" -i odd.mp4 -f null - 2>plain.log || true
    wait $WRITER
    rm opened
    (echo x >bait; touch opened) 3>&- & WRITER=$!

    set_faults "download * file $PWD/odd.mp4"
    ends_with 75 timeout 30 "$BIN/i2vctl" fetch --prompt elsewhere --max_wait 0 still.png
    says damaged
    no_clip
    [ ! -e opened ]

    set_faults ""
    delivered elsewhere
    put_into_store odd.mp4
    run --separate-stderr timeout 30 "$BIN/i2v" ffmpeg -nostdin -y -f i2v -prompt elsewhere -i still.png -c copy out.mp4
    says "Serving take 1"
    run --separate-stderr timeout 30 "$BIN/i2v" ffmpeg -nostdin -y "${drefs[@]}" -f i2v -prompt elsewhere -i still.png \
        -c copy out.mp4
    says "Serving take 1"
    run --separate-stderr timeout 30 "$BIN/i2v" ffprobe "${drefs[@]}" -f i2v -prompt elsewhere -show_packets still.png
    says "Serving take 1"
    [ ! -e opened ]
}

# i2v: films: a manifest as one input
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    start_gateway
    shared_still
}
teardown_file() { stop_gateway; }
setup() {
    common_setup
    PROMPT="film $BATS_TEST_NUMBER"
}
# Each frame as it is: the option of FFmpeg 5.1, or the one before it, which 8 has no more.
PASS="-vsync 0"
! ffmpeg -v error -h full 2>&1 | grep -q '^-fps_mode' || PASS="-fps_mode passthrough"

teardown() { [ -z "${PID:-}" ] || kill -KILL "$PID" 2>/dev/null || true; }

# Two shots by themselves, and between them one that goes on from the first.
film() {
    cat >film.jsonl <<END
{"id": "street", "image": "still.png", "prompt": "$PROMPT, morning", "duration": ${1:-4}}
{"id": "door", "image": "shot:street", "prompt": "$PROMPT, through the door", "duration": 4}
{"id": "end", "image": "still.png", "prompt": "$PROMPT, night falls", "duration": 4}
END
}

# How alike two pictures are, in whole dB; 99 = the same.
psnr() { # picture, picture
    ffmpeg -nostdin -i "$1" -i "$2" -lavfi psnr -f null - 2>&1 |
        sed -n 's/.*average:\([0-9]*\).*/\1/p; s/.*average:inf.*/99/p' | grep .
}

# The clips of the film in its order, from what was printed.
clips() { jq -rs 'map({(.id): .path}) | add | .street, .door, .end' <<<"$output"; }

# What FFmpeg's own concat makes of the clips.
by_hand() { clips | sed "s/.*/file '&'/" >list.txt; }

hash_of() { # input option...: of its decoded pictures
    ffmpeg -v error -nostdin "$@" -map 0:v -f framemd5 - | sed -n '/^#/!s/.*, //p'
}

@test "the shots in their order, as FFmpeg's concat plays their clips, each bought once" {
    film
    works "$BIN/i2v" ffprobe -v error -show_packets -of csv -show_entries \
        packet=stream_index,pts,dts,duration,size,flags -f i2v -i film.jsonl
    echo "$output" >film.csv
    expect_creates 3
    works fetch --manifest film.jsonl
    by_hand
    # jobs has that of the second by the key of the first
    works "$BIN/i2vctl" jobs
    same "clip $(awk '/still.png .*, morning/ { print $1 }' <<<"$output")" \
        "$(grep -o 'clip [0-9a-f]*' <<<"$output")"
    works fetch --manifest film.jsonl
    works ffprobe -v error -show_packets -of csv -show_entries \
        packet=stream_index,pts,dts,duration,size,flags -f concat -safe 0 -i list.txt
    diff film.csv - <<<"$output"
    # seeking is the demuxer's, too
    works ff -v error -ss 9 -f i2v -i film.jsonl -map 0:v -frames:v 1 -f framemd5 seek
    ffmpeg -v error -nostdin -ss 9 -f concat -safe 0 -i list.txt -map 0:v -frames:v 1 -f framemd5 plain
    diff <(sed -n '/^#/!s/.*, //p' plain) <(sed -n '/^#/!s/.*, //p' seek)
    # and it begins at 0, as a clip does
    works "$BIN/i2v" ffprobe -v error -show_entries stream=start_time -of csv=p=0 -f i2v -i film.jsonl
    same "0.000000 0.000000" "$(xargs <<<"$output")"
    expect_creates 3
}

@test "a shot goes on from the last frame of another, or from one of its frames" {
    film
    works fetch film.jsonl
    works fetch --manifest film.jsonl
    local street
    street=$(clips | head -1)
    curl -skS -o door.png "$GATEWAY/control/image?job=$(state '.jobs | map(select(.prompt | endswith("through the door"))) | .[-1].id' | jq -sRr 'rtrimstr("\n") | @uri')"
    ffmpeg -v error -nostdin -i "$street" -map 0:v -update 1 last.png
    [ "$(psnr last.png door.png)" -ge 40 ]
    ffmpeg -v error -nostdin -i "$street" -map 0:v -frames:v 1 first.png
    [ "$(psnr first.png door.png)" -lt 40 ]
    sed -i 's/"image": "shot:street"/&, "image_time": "1"/' film.jsonl
    works fetch film.jsonl
    says "1 to buy" ": door."
    expect_creates 4
}

@test "all forms: URL, filter, by i2vctl exec, fetch, one file by --film, the C API" {
    film
    works ff -v error -i i2v:film.jsonl -map 0:v -c copy -f framecrc url
    works ff -v error -filter_complex "i2v=film.jsonl:s=dv[v]" -map '[v]' -f framemd5 graph
    I2V_EXEC=1 works ff -v error -i i2v:film.jsonl -map 0:v -c copy -f framecrc given
    # of a script FFmpeg takes the sound before its start for the start
    diff <(grep -v '^#' url | cut -d, -f4-) <(grep -v '^#' given | cut -d, -f4-)
    works fetch --manifest film.jsonl --film out.mp4
    by_hand
    hash_of -f concat -safe 0 -i list.txt >plain
    diff plain <(sed -n '/^#/!s/.*, //p' graph)
    diff plain <(hash_of -i out.mp4)
    ffprobe -v error -show_entries format_tags=generation_id -of csv=p=0 out.mp4 | grep -q ", "
    cp out.mp4 before.mp4
    works fetch --manifest film.jsonl --film out.mp4 --dry_run 1
    says "nothing is written as out.mp4"
    cmp out.mp4 before.mp4
    works fetch film.jsonl
    # by any ffmpeg, without an option
    diff plain <(hash_of -i "$output")
    works "$BUILD/tests/e2e/api_host" film film.jsonl
    diff plain <(hash_of -i "$output")
    expect_creates 3
}

@test "a dry run: the animatic of the whole film, its sum, and nothing sent" {
    film
    works ff -f i2v -dry_run 1 -i film.jsonl -map 0:v -c copy -f framecrc dry
    says "Dry run: 3 shots, 3 to buy, for 1.56 USD: street, door, end."
    same 360 "$(grep -vc '^#' dry)"
    expect_creates 0
    works "$BIN/i2vctl" jobs --json
    same "[]" "$(jq -c . <<<"$output")"
}

@test "a shot that goes on from another is sent as soon as that is there, whatever else is under way" {
    film
    # The first one is under way already, so that the create call that is held is another's.
    works "$BIN/i2vctl" submit --prompt "$PROMPT, morning" --duration 4 still.png
    set_faults "create 1 hold $PWD/go" "poll 1-5 shape waiting"
    ff -v error -f i2v -i film.jsonl -f i2v -prompt "$PROMPT" -duration 4 -i still.png \
        -map 0 -map 1 -c copy -f null - 2>log &
    PID=$!
    until_true took 4
    touch go
    wait $PID
    expect_creates 4
    # and a dry run of some is none of all
    sed -i '1s/{/{"dry_run": true, /; s/morning/evening/; s/night falls/it dawns/' film.jsonl
    works fetch --manifest film.jsonl --film some.mp4
    says "nothing is written as some.mp4"
    [ ! -e some.mp4 ]
    sed -i '1s/"dry_run": true, //; 3s/{/{"dry_run": true, /; s/evening/noon/' film.jsonl
    works fetch --manifest film.jsonl --film some.mp4
    [ ! -e some.mp4 ]
    sed -i '3s/"dry_run": true, //; 1s/{/{"dry_run": true, /; s/noon/dusk/; s/it dawns/it rains/' film.jsonl
    works fetch --manifest film.jsonl
    says_not "Dry run: 3"
    says "3 requests, 2 to buy, for 1.04 USD."
}

@test "killed half way, the same command goes on; one changed shot buys that and what hangs on it" {
    film
    set_faults "poll * hold $PWD/go"
    "$BIN/i2v" ffmpeg -nostdin -v error -y -f i2v -i film.jsonl -c copy -f null - 2>log &
    PID=$!
    until_true took 2
    kill -KILL $PID
    wait $PID || true
    touch go
    set_faults ""
    works ff -f i2v -i film.jsonl -c copy -f null -
    expect_creates 3
    film 8 # the street
    works ff -f i2v -i film.jsonl -c copy -f null -
    says "3 shots, 2 to buy, for 1.56 USD: street, door."
    expect_creates 5
    works ff -v error -f i2v -i film.jsonl -c copy -f null -
    says_not i2v
    expect_creates 5
}

@test "max_total: all of a film, of a manifest and of a command; the sum is said first" {
    film
    refused ff -f i2v -max_total 1.5 -i film.jsonl -c copy -f null -
    says "3 to buy, for 1.56 USD"
    says_in_one 1.56 max_total=1.5 "nothing sent"
    I2V_DEFAULTS=poll_interval=0.1:max_total=1 ends_with 64 fetch --manifest film.jsonl
    says_in_one 1.56 max_total=1 "nothing sent"
    I2V_DEFAULTS=poll_interval=0.1:max_total=1 refused ff -i "i2v:film.jsonl?max_total=5" -f null -
    says_in_one max_total=5 max_total=1
    sed -i '3s/{/{"max_total": 1, /' film.jsonl
    ends_with 64 fetch film.jsonl
    says_in_one max_total=1
    refused ff -f i2v -prompt "$PROMPT" -duration 4 -max_total 1 -i still.png \
        -f i2v -prompt "$PROMPT" -duration 4 -take 2 -i still.png -map 0 -map 1 -c copy -f null -
    says_in_one 1.04 max_total=1 "nothing sent"
    # and what is asked for one after the other
    I2V_AHEAD=0 refused ff -f i2v -prompt "$PROMPT" -duration 4 -max_total 1 -i still.png \
        -f i2v -prompt "$PROMPT" -duration 4 -max_total 1 -take 2 -i still.png -map 0 -map 1 -c copy -f null -
    says_in_one 0.52 max_total=1 "not sent"
    expect_creates 1
}

@test "trim: just these frames, and a film of parts" {
    cat >film.jsonl <<END
{"id": "a", "image": "still.png", "prompt": "$PROMPT", "duration": 4, "trim": "0.5-3"}
{"id": "b", "image": "still.png", "prompt": "$PROMPT", "duration": 4, "trim": "-1"}
{"id": "c", "image": "still.png", "prompt": "$PROMPT", "duration": 4, "trim": "3-"}
END
    works ff -f i2v -i film.jsonl -map 0:v $PASS -f framemd5 film
    local trimmed
    trimmed=$(store_clip)
    same 0 "$(sed -n '/^#/!{s/^0, *//; s/,.*//; p; q}' film)"
    says_in_one "line 1, a" "0.5 s" "key frames"
    hash_of -i "$(store_clip)" >all
    diff <(sed -n '16,90p; ' all; sed -n 1,30p all; sed -n '91,$p' all) <(sed -n '/^#/!s/.*, //p' film)
    expect_creates 1
    # A shot that goes on from one that is trimmed goes on from what is shown of it.
    printf '{"id": "d", "image": "shot:b", "prompt": "%s, on", "duration": 4}\n' "$PROMPT" >>film.jsonl
    works ff -f i2v -i film.jsonl -map 0:v -c copy -f null -
    curl -skS -o on.png "$GATEWAY/control/image"
    ffmpeg -v error -nostdin -i "$trimmed" -vf "select=eq(n\,29)" -frames:v 1 shown.png
    [ "$(psnr shown.png on.png)" -ge 40 ]
    sed -i 's/3-"/9-"/' film.jsonl
    refused ff -v error -f i2v -i film.jsonl -c copy -f null -
    says_in_one "line 3, c" "9 s" "lasts 4 s"
    says "nothing sent"
}

@test "clips that do not join: before anything is sent where it is known, else by name" {
    cat >film.jsonl <<END
{"id": "a", "image": "still.png", "prompt": "$PROMPT", "duration": 4}
{"id": "b", "image": "still.png", "prompt": "$PROMPT", "duration": 4, "aspect_ratio": "9:16"}
END
    refused ff -v error -f i2v -i film.jsonl -c copy -f null -
    says_in_one "line 2, b" "line 1, a" 1280x720 720x1280
    says "nothing sent"
    expect_creates 0
    works fetch --manifest film.jsonl # by themselves they are fine
    set_faults "create 1 clip small"
    sed -i '2s/, "aspect_ratio": "9:16"/, "take": 2/' film.jsonl
    refused ff -v error -f i2v -i film.jsonl -c copy -f null -
    says_in_one "line 1, a" "line 2, b" "do not join" 640x360 concat
    expect_creates 3
}

@test "a shot that fails: what hangs on it is not bought, all others are" {
    film
    sed -i 's/, through the door/& and on/; s/morning/morning/' film.jsonl
    sed '2!d; s/door"/again"/' film.jsonl >again
    cat film.jsonl again >four.jsonl
    set_faults "create 1 fail generation_failed"
    ends_with 69 fetch --manifest four.jsonl
    same '{"again":false,"door":false,"end":true,"street":false}' \
        "$(jq -rs 'map({(.id): (.path != null)}) | add | tojson' <<<"$output" | jq -cS .)"
    says_in_one "line 2, door" "line 1, street" "not sent"
    says "3 of 4 requests did not come to a clip."
    expect_creates 2
    # two that are one request, once as they come and once from the store
    set_faults ""
    works fetch --manifest four.jsonl
    same 1.56 "$(jq -s 'map(.usd) | add | . * 100 | round / 100' <<<"$output")"
    works fetch --manifest four.jsonl
    same 1.56 "$(jq -s 'map(.usd) | add | . * 100 | round / 100' <<<"$output")"
    expect_creates 4
    refused ff -v error -f i2v -fallback still -i missing.jsonl -f null -
    set_faults "create * fail generation_failed"
    works ff -f i2v -fallback still -take 2 -i film.jsonl -map 0:v -c copy -f framecrc stills
    same 360 "$(grep -vc '^#' stills)"
    expect_creates 6
    # another take of one line, not of all
    set_faults "create 1 status 400 message Your request was rejected by our moderation system."
    I2V_PARALLEL=1 refused ff -v error -f i2v -take 3 -i film.jsonl -c copy -f null -
    says_in_one "line 1, street" "moderation refused" '; "take": 4 in its line asks anew'
    # what would go on from there is not bought any more
    refused ff -v info -f i2v -take 3 -i film.jsonl -c copy -f null -
    says "3 shots, nothing to buy."
    says_in_one "line 1, street" 'nothing sent; "take": 4 in its line tries again'
}

@test "bad input: one sentence with the line, and nothing is sent" {
    cat >film.jsonl <<'END'
{"id": "a", "image": "shot:b", "prompt": "x"}
{"id": "b", "image": "shot:a", "prompt": "x"}
{"id": "c", "image": "shot:c", "prompt": "x"}
{"id": "d", "image": "shot:nobody", "prompt": "x"}
{"id": "e", "image": "still.png", "prompt": "x", "trim": "7"}
{"id": "f", "image": "still.png", "prompt": "x", "end_image": "shot:e"}
{"id": "g", "image": "film.jsonl", "prompt": "x"}
{"id": "h", "image": "still.png", "promt": "x"}
{"id": "i", "image": "shot:h", "prompt": "x"}
{"id": "j", "image": "shot:", "prompt": "x"}
not JSON
END
    refused ff -v error -f i2v -i film.jsonl -c copy -f null -
    says_in_one "line 1, a" "waits for itself" "line 2, b"
    says_in_one "line 3, c" "waits for itself"
    says_in_one "line 4, d" "shot:nobody" "no line has that id"
    says_in_one "line 5, e" trim '"0.5-6"'
    says_in_one "line 6, f" end_image "only image"
    says_in_one "line 7, g" "is a film"
    says_in_one "line 8, h" "'promt'" "may hold id, trim"
    says_in_one "line 10, j" "without the id"
    says_in_one "line 11" "no valid JSON"
    says "10 mistakes in the manifest of 11 lines; nothing sent."
    ends_with 64 fetch --prompt x shot:a
    one_sentence "shot:a" "only a line of a manifest"
    : >empty.jsonl
    ends_with 64 fetch empty.jsonl
    one_sentence "empty.jsonl holds no shot"
    refused ff -v error -f i2v -i missing.jsonl -f null -
    says "missing.jsonl"
    film
    refused ff -v error -f i2v -save one.mp4 -i film.jsonl -f null -
    says_in_one save "each line"
    ends_with 64 fetch --manifest film.jsonl --film out.ogv
    one_sentence out.ogv ".mp4"
    ends_with 73 fetch --manifest film.jsonl --film no/such/out.mp4
    ends_with 64 fetch --film out.mp4 still.png
    one_sentence "--film" "--manifest"
    refused ff -v error -f i2v -end_image 'a{1}.png' -i film.jsonl -f null -
    says_in_one end_image "each line"
    ffmpeg -v error -nostdin -i still.png street.mp4
    sed 's/still.png/street.mp4/' film.jsonl >over.jsonl
    ends_with 64 fetch --manifest over.jsonl --film street.mp4
    says_in_one "line 1, street" "written over" street.mp4
    sed -i 's/street.mp4/file:street.mp4/' over.jsonl
    ends_with 64 fetch --manifest over.jsonl --film street.mp4
    says_in_one "line 1, street" "written over" street.mp4
    : >file
    XDG_CACHE_HOME=$PWD/file TMPDIR=$PWD/file refused ff -v error -f i2v -i film.jsonl -f null -
    says "no place for what is made here"
    # what a stranger may not say, a film that he names may not either
    sed '1s/{/{"max_cost": 1000, /' film.jsonl >costly.jsonl
    I2V_DEFAULTS=max_cost=0.1 refused ff -v error -i i2v:costly.jsonl -f null -
    says_in_one "line 1, street" max_cost=1000 max_cost=0.1
    sed -i '1s/{/{"save": "x.mp4", /' film.jsonl
    refused ff -v error -i i2v:film.jsonl -f null -
    says_in_one "line 1, street" save "i2v: URL"
    refused ff -v error -filter_complex "i2v=film.jsonl[v]" -map '[v]' -f null -
    says_in_one "line 1, street" save "filter graph"
    expect_creates 0
}

@test "in a player that restricts what is opened, and twice in one command" {
    film
    works ff -v error -max_total 1.56 -protocol_whitelist i2v,file -format_whitelist i2v -i i2v:film.jsonl \
        -max_total 1.56 -protocol_whitelist i2v,file -i i2v:film.jsonl -map 0:v -map 1:v -c copy -f null -
    expect_creates 3
    refused ff -v error -protocol_whitelist i2v,https -take 2 -f i2v -i film.jsonl -f null -
    says protocol_whitelist
    expect_creates 3
}

@test "what is said once is said, with the line: what a still loses, a deprecated model, a key file for all" {
    local sentence
    quadrants 600 900 tall.png
    printf '%s' "$KEY" >key && chmod 644 key
    unset AIML_API_KEY AIMLAPI_API_KEY I2V_API_KEY
    sed 's/still.png/tall.png/; s/"duration"/"aspect_ratio": "16:9", &/' <<<"$(film; cat film.jsonl)" >tall.jsonl
    works ff -v warning -f i2v -api_key_file key -i tall.jsonl -c copy -f null -
    for sentence in "still 600x900 is cut to" "still 600x900 is enlarged" "as deprecated" "The key file key can be read"; do
        same "$sentence 1" "$sentence $(grep -c "^\[line 1, street @ .*$sentence" <<<"$stderr")"
        same "$sentence 1" "$sentence $(grep -c "$sentence" <<<"$stderr")"
    done
}

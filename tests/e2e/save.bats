# i2v: save as a template: what stands in a path for each request
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

key_of() { basename "$1" .mp4; }

@test "by I2V_DEFAULTS: the clips of one command go into files of their own" {
    mkdir out
    I2V_DEFAULTS="$I2V_DEFAULTS:save=out/{project}-{take}-{key}.mp4:project=film"
    works ff -f i2v -prompt one -duration 4 -i still.png -f i2v -prompt two -duration 4 -take 2 -i still.png \
        -filter_complex "[0][1]concat,trim=end=1" -f null -
    same 2 "$(compgen -G "out/film-*.mp4" | wc -l)"
    local key
    for key in $("$BIN/i2vctl" jobs --json | jq -r '.[] | "\(.take)-\(.key)"'); do
        cmp "out/film-$key.mp4" "$I2V_STORE/${key#*-}.mp4"
        same "${key#*-}" "$(jq -r .key "out/film-$key.i2v.json")"
    done
    # A URL and a graph say no path, and have it all the same.
    works ff -i "i2v:still.png?prompt=three&duration=4" -frames:v 1 -f null -
    works ff -filter_complex "i2v=still.png:prompt=four:duration=4" -frames:v 1 -f null -
    same 4 "$(compgen -G "out/film-*.mp4" | wc -l)"
}

@test "the same by i2vctl exec" {
    whole_only
    works env I2V_EXEC=1 "$BIN/i2v" ffmpeg -nostdin -v error -f i2v -prompt one -duration 4 -take 3 -save "{take}-{key}.mp4" \
        -i still.png -frames:v 1 -f null -
    cmp 3-*.mp4 "$(store_clip)"
}

@test "in a manifest each line has its id" {
    mkdir out
    cat >shots.jsonl <<'END'
{"id": "street", "image": "still.png", "prompt": "one", "duration": 4}
{"id": 7, "image": "still.png", "prompt": "two", "duration": 4, "take": 2}
{"image": "still.png", "prompt": "three", "duration": 4}
END
    works fetch --save "out/{id}-{take}.mp4" --manifest shots.jsonl
    same "3-1.mp4 7-2.mp4 street-1.mp4" "$(cd out && echo *.mp4)"
    cmp out/street-1.mp4 "$(jq -r 'select(.id == "street").path' <<<"$output")"
    expect_creates 3
    # An id that leads elsewhere, and paths that two lines share, are mistakes before anything is sent.
    mark
    echo '{"id": "../x", "image": "still.png", "prompt": "four"}' >bad.jsonl
    ends_with 64 fetch --save "out/{id}.mp4" --manifest bad.jsonl
    says_in_one "line 1" "'../x'" "{id}"
    ends_with 64 fetch --save "out/{take}.mp4" --manifest shots.jsonl
    says_in_one "line 3" "Line 1 saves"
    expect_requests 0
}

@test "names that are none, and values that are no names, are one sentence and send nothing" {
    local save
    for save in "{shot}.mp4" "{}.mp4" "{take.mp4" "{id}.mp4" "{project}.mp4"; do
        refused ff -f i2v -prompt x -save "$save" -i still.png -f null -
        says_in_one "The option save has" "{"
        ends_with 64 fetch --prompt x --save "$save" still.png
        one_sentence "The option save has" "{"
    done
    says "option project"
    ends_with 64 fetch --prompt x --save "{shot}.mp4" still.png
    one_sentence "{key}, {take}, {id} and {project}"
    ends_with 64 fetch --prompt x --project ../x --save "{project}.mp4" still.png
    one_sentence "{project}" "'../x'" "no /"
    ends_with 73 fetch --prompt x --save "none/{key}.mp4" still.png
    one_sentence "none/{key}.mp4"
    ends_with 73 fetch --prompt x --save "$I2V_STORE/{key}.mp4" still.png
    expect_requests 0
}

@test "wait saves many by their keys" {
    whole_only
    works "$BIN/i2vctl" submit --prompt one --duration 4 --project a still.png
    works "$BIN/i2vctl" submit --prompt two --duration 4 --project b --take 2 still.png
    ends_with 64 "$BIN/i2vctl" wait --save "{take}.mp4"
    says "{key}"
    works "$BIN/i2vctl" wait --save "{project}{take}-{key}.mp4"
    local clip
    for clip in "${lines[@]}"; do
        cmp [ab][12]-"$(key_of "$clip")".mp4 "$clip"
    done
}

@test "a clip that is saved by a template is no missing input of the same command" {
    whole_only
    works ff -f i2v -prompt one -duration 4 -save "clip-{take}.mp4" -i still.png -i clip-1.mp4 -map 1 -c copy out.mp4
    same 120 "$(frames_of out.mp4)"
}

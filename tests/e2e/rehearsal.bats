# i2v: what is made here: the animatic of a dry run, the still in place of a clip, silence
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

PEEK=(-t 0.1 -f null -)

streams() { # file: codec,width,height,rate of each stream
    ffprobe -v error -show_entries stream=codec_type,width,height,r_frame_rate,sample_rate,channels \
        -of compact=p=0:nk=1 "$1"
}
# Of the picture: FFmpeg 4.3 counts what its encoder puts before the sound.
length_of() {
    ffprobe -v error -select_streams v -show_entries stream=duration -of csv=p=0 "$1" | cut -c1-4
}

# How loud the loudest sample is, in dB.
peak_of() {
    ffmpeg -hide_banner -nostdin -i "$1" -map 0:a -af volumedetect -f null - 2>&1 |
        sed -n 's/.*max_volume: \(.*\) dB/\1/p'
}

@test "dry_run: everything is said, nothing is sent, and an animatic comes out" {
    works ff -f i2v -dry_run 1 -prompt "She turns: 'around', 100%{n}" -duration 4 -i still.png -c copy out.mp4
    expect_creates 0
    expect_requests 2 # the price, and what is retired
    says_in_one model openai/sora-2-i2v
    says_in_one prompt "She turns: 'around', 100%{n}"
    says_in_one duration 4
    says_in_one image_url image/png 1280x720 "SHA-256 $(sha256sum <still.png | cut -d' ' -f1)"
    says_in_one "Price: 0.52 USD"
    says_in_one key "nothing sent"
    says_not "base64"
    same $'video|1280|720|30/1\naudio|48000|2|0/0' "$(streams out.mp4)"
    same 120 "$(frames_of out.mp4)"
    [ "$(peak_of out.mp4 | cut -d. -f1)" -gt -40 ]
    # It moves.
    ffmpeg -v error -nostdin -f lavfi -i testsrc2=s=1280x720 -frames:v 1 detail.png
    works ff -f i2v -dry_run 1 -prompt p -duration 4 -i detail.png -c copy move.mp4
    same 2 "$(ffmpeg -v error -nostdin -i move.mp4 -vf "select='eq(n,0)+eq(n,110)',crop=200:200:800:400" \
        -an -f framemd5 - | grep -v '^#' | awk '{ print $6 }' | sort -u | wc -l)"
    # Never taken for the clip.
    no_clip
    works ff -f i2v -prompt "She turns: 'around', 100%{n}" -duration 4 -i still.png -c copy real.mp4
    expect_creates 1
}

@test "dry_run: size, rate and length are those that were asked for" {
    whole_only
    local case
    while read -r args wanted seconds; do
        # shellcheck disable=SC2086
        works fetch --dry_run 1 --prompt p ${args//,/ } still.png
        same "$wanted" "$(streams "$output" | head -1)"
        same "$seconds" "$(length_of "$output")"
    done <<'END'
--aspect_ratio,9:16,--duration,8 video|720|1280|30/1 8.00
--model,openai/sora-2-pro-i2v video|1792|1024|30/1 4.00
--model,ltxv/ltxv-2,--params,fps=50 video|1920|1080|50/1 6.00
--model,bytedance/seedance-2-0,--aspect_ratio,1:1 video|720|720|30/1 5.00
END
    expect_creates 0
}

@test "dry_run: there is sound where the clip would have some" {
    whole_only
    works fetch --dry_run 1 --prompt p --model klingai/v2.5-turbo/pro/image-to-video still.png
    same 1 "$(streams "$output" | wc -l)"
    works fetch --dry_run 1 --prompt p --model klingai/v2.5-turbo/pro/image-to-video --silence 1 still.png
    same 2 "$(streams "$output" | wc -l)"
    works fetch --dry_run 1 --prompt p --model google/veo-3.1-i2v-fast --audio 0 still.png
    same 1 "$(streams "$output" | wc -l)"
}

@test "dry_run by I2V_DEFAULTS rehearses a script unedited, and nothing is kept" {
    whole_only
    cat >script.sh <<END
set -e
"$BIN/i2v" ffmpeg -v error -nostdin -y -f i2v -prompt one -save one.mp4 -i still.png -c copy a.mkv
clip=\$("$BIN/i2vctl" fetch --prompt two --duration 4 still.png)
ffmpeg -v error -nostdin -y -i "\$clip" -c copy b.mkv
key=\$("$BIN/i2vctl" submit --prompt three --duration 4 still.png)
clip=\$("$BIN/i2vctl" wait \$key)
ffmpeg -v error -nostdin -y -i "\$clip" -c copy c.mkv
"$BIN/i2vctl" wait --prompt three --duration 4 still.png >again && [ "\$(cat again)" = "\$clip" ]
"$BIN/i2vctl" wait
"$BIN/i2v" ffprobe -v error "i2v:still.png?prompt=four"
END
    unset AIML_API_KEY
    I2V_DEFAULTS=dry_run=1 works sh script.sh
    same 120 "$(frames_of a.mkv)"
    same 120 "$(frames_of b.mkv)"
    same 120 "$(frames_of c.mkv)"
    ffprobe -v error -show_entries format_tags -of flat a.mkv | grep -qi 'stand_in="dry_run"'
    expect_creates 0
    no_clip
    [ ! -e one.mp4 ] && [ ! -e one.i2v.json ]
    says "no API key"
    ends_with 64 "$BIN/i2vctl" wait 0123456789abcdef
    # A URL cannot undo it.
    I2V_DEFAULTS=dry_run=1 refused ff -i "i2v:still.png?prompt=p&dry_run=0" "${PEEK[@]}"
}

@test "dry_run refuses what a real run refuses" {
    ends_with 64 fetch --dry_run 1 --prompt p --duration 5 still.png
    ends_with 64 fetch --dry_run 1 --prompt p --max_cost 0.1 still.png
    ends_with 64 fetch --dry_run 1 --prompt p --reuse only still.png
    ends_with 64 fetch --dry_run 1 still.png
    expect_creates 0
}

@test "dry_run says what a real run would find" {
    whole_only
    works fetch --prompt p --duration 4 still.png
    works fetch --dry_run 1 --prompt p --duration 4 still.png
    says "the store has this clip"
    set_faults "poll * shape processing"
    works "$BIN/i2vctl" submit --prompt q --duration 4 still.png
    works fetch --dry_run 1 --prompt q --duration 4 still.png
    says_in_one "would pick up" "$(last_job .id)"
    expect_creates 2
}

@test "the place for what is made here cannot be written: another is found, or a sentence" {
    mkdir cache && chmod 755 cache
    XDG_CACHE_HOME=$PWD/cache works fetch --dry_run 1 --prompt p --duration 4 still.png
    case $output in "$PWD/cache/i2v/"*.mp4) ;; *) echo "$output"; return 1 ;; esac
    same 700 "$(stat -c %a cache/i2v)"
    rm -r cache/i2v && ln -s /etc cache/i2v
    mkdir tmp
    XDG_CACHE_HOME=$PWD/cache TMPDIR=$PWD/tmp works fetch --dry_run 1 --prompt p --duration 4 still.png
    case $output in "$PWD/tmp/i2v-"*) ;; *) echo "$output"; return 1 ;; esac
    rm -r tmp/i2v-* && touch "tmp/i2v-$(id -u)"
    XDG_CACHE_HOME=$PWD/cache TMPDIR=$PWD/tmp refused "$BIN/i2vctl" fetch --dry_run 1 --prompt p --duration 4 still.png
    says "no place"
}

@test "silence=1 without a place for what is made here: nothing is sent" {
    whole_only
    mkdir cache tmp && chmod 755 cache tmp
    ln -s /etc cache/i2v && touch "tmp/i2v-$(id -u)"
    XDG_CACHE_HOME=$PWD/cache TMPDIR=$PWD/tmp ends_with 73 fetch --silence 1 --prompt p --duration 4 still.png
    says_in_one "no place for what is made here" "nothing sent"
    expect_requests 0
    XDG_CACHE_HOME=$PWD/cache TMPDIR=$PWD/tmp works fetch --prompt p --duration 4 still.png
    # What is bought already is not asked for a place before it is known to need one.
    XDG_CACHE_HOME=$PWD/cache TMPDIR=$PWD/tmp works fetch --silence 1 --prompt p --duration 4 still.png
    expect_creates 1
}

@test "fallback=still: a generation that fails becomes the still, with silence" {
    set_faults "create * fail boom it did not work out"
    refused ff -f i2v -prompt p -duration 4 -i still.png "${PEEK[@]}"
    I2V_LOG=$PWD/events works ff -v error -f i2v -fallback still -prompt p2 -duration 4 -i still.png -c copy out.mp4
    says_in_one "it did not work out"
    says_in_one fallback=still "not the clip"
    same $'video|1280|720|30/1\naudio|48000|2|0/0' "$(streams out.mp4)"
    same 120 "$(frames_of out.mp4)"
    [ "$(peak_of out.mp4 | cut -d. -f1)" -lt -80 ]
    colour_at out.mp4 320 180 red
    colour_at out.mp4 960 540 white -ss 3.5
    same '["request","price","intent","sent","accepted","status","status","failed","error","fallback"]' \
        "$(jq -s -c '[.[].event] | del(.[] | select(. == "status")) | .[:5] + ["status", "status"] + .[5:]' events)"
    no_clip
    # Run again it is asked for again, not served.
    set_faults ""
    works ff -f i2v -fallback still -prompt p2 -duration 4 -i still.png -c copy out.mp4
    says_not fallback=still
    store_clip
}

@test "fallback=still: time-outs, refusals and a gateway that is not there" {
    whole_only
    set_faults "poll * shape processing"
    works fetch --fallback still --prompt slow --duration 4 --max_wait 1 still.png
    says "max_wait is over" fallback=still
    set_faults "create * status 400 message no such luck"
    works fetch --fallback still --prompt refused --duration 4 still.png
    says "no such luck" fallback=still
    set_faults "create * status 403"
    works fetch --fallback still --prompt credit --duration 4 still.png
    set_faults "create * status 400 message blocked by our moderation system"
    works fetch --fallback still --prompt nasty --duration 4 still.png
    I2V_BASE_URL=http://127.0.0.1:1 works fetch --fallback still --prompt away --duration 4 --max_cost 1 still.png
    same 120 "$(frames_of "$output")"
    # Of another shape: as it would have been sent.
    quadrants 400 400 square.png
    I2V_BASE_URL=http://127.0.0.1:1 works fetch --fallback still --prompt away --duration 4 --fit contain square.png
    colour_at "$output" 20 360 black
    same 1280x720 "$(size_of "$output")"
}

@test "fallback=still does not hide what is the command's own fault" {
    whole_only
    ends_with 64 fetch --fallback still --prompt p --duration 5 still.png
    ends_with 64 fetch --fallback still --prompt p --duration 4 missing.png
    ends_with 64 fetch --fallback still --prompt p --duration 4 --max_cost 0.1 still.png
    ends_with 64 fetch --fallback still --prompt p --duration 4 --reuse only still.png
    (unset AIML_API_KEY && ends_with 77 fetch --fallback still --prompt p --duration 4 still.png)
    says_not fallback=still
    expect_creates 0
    set_faults "poll * shape processing"
    begin "$BIN/i2vctl" fetch --fallback still --prompt p --duration 4 still.png
    until_true grep -q processing log
    leaves INT
    says_not fallback=still
}

@test "silence=1: a clip without audio gets a track, its pictures untouched" {
    whole_only
    set_faults "create * clip silent"
    works ff -f i2v -silence 1 -save saved.mp4 -prompt p -duration 4 -i still.png -map 0:v -map 0:a -c copy out.mp4
    says "a silent track was added"
    same $'video|1280|720|30/1\naudio|48000|2|0/0' "$(streams out.mp4)"
    [ "$(peak_of out.mp4 | cut -d. -f1)" -lt -80 ]
    cmp "$(store_clip)" saved.mp4
    same 1 "$(streams saved.mp4 | wc -l)"
    ffmpeg -v error -nostdin -i saved.mp4 -map 0:v -c copy -f framemd5 - | grep -v '^#' >one
    ffmpeg -v error -nostdin -i out.mp4 -map 0:v -c copy -f framemd5 - | grep -v '^#' >two
    cmp one two
    # Served, too; and without the option it is what it is, with a warning.
    works ff -v warning -f i2v -silence 1 -prompt p -duration 4 -i still.png -map 0:a "${PEEK[@]}"
    same "" "$(grep -v " lists the model " <<<"$stderr")"
    works ff -v warning -f i2v -prompt p -duration 4 -i still.png "${PEEK[@]}"
    says_in_one "no audio" "silence=1"
    expect_creates 1
}

@test "silence=1: a clip with audio stays as it is, and -map 0:a holds for every model" {
    whole_only
    works fetch --silence 1 --prompt p --duration 4 still.png
    same "$(store_clip)" "$output"
    works ff -f i2v -silence 1 -model klingai/v2.5-turbo/pro/image-to-video -prompt p -duration 5 -i still.png \
        -map 0:v -map 0:a -c copy out.mp4
    same 2 "$(streams out.mp4 | wc -l)"
}

@test "warnings on a clip that is not as asked, each time it is given out" {
    local kind words
    while IFS='|' read -r kind words; do
        set_faults "create * clip $kind"
        works ff -v warning -f i2v -prompt "$kind" -duration 4 -i still.png "${PEEK[@]}"
        says "$words"
        works ff -v warning -f i2v -prompt "$kind" -duration 4 -i still.png "${PEEK[@]}"
        says "$words"
    done <<'END'
short|not the 4 s
small|not the 1280x720
vfr|variable
untagged|colour
END
    set_faults "create * clip halfrate"
    works ff -v warning -f i2v -model ltxv/ltxv-2 -params fps=50 -prompt rate -i still.png "${PEEK[@]}"
    says_in_one 25 50
    set_faults "create * clip c2pa"
    works ff -v info -f i2v -prompt c2pa -duration 4 -save kept.mp4 -i still.png "${PEEK[@]}"
    says C2PA
    cmp kept.mp4 <(gateway_clip /dev/stdout)
    works ff -v warning -f i2v -model google/veo-3.1-i2v -prompt whole -duration 4 -i still.png "${PEEK[@]}"
    same "" "$stderr"
}

@test "tags: what a clip comes from, in what is made of it" {
    works ff -f i2v -prompt "a prompt" -duration 4 -i still.png -c copy out.mkv
    local id
    id=$(last_job .id)
    tags() { ffprobe -v error -show_entries format_tags -of json "$1" | jq -r '.format.tags | with_entries(.key |= ascii_downcase)'; }
    same "$id" "$(tags out.mkv | jq -r .generation_id)"
    same http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia \
        "$(tags out.mkv | jq -r .digital_source_type)"
    same null "$(tags out.mkv | jq -r .generation_prompt)"
    works ff -f i2v -tags all -prompt "a prompt" -duration 4 -i still.png -c copy out.mkv
    same '["openai/sora-2-i2v","a prompt","1","0.52"]' \
        "$(tags out.mkv | jq -c '[.generation_model, .generation_prompt, .generation_take, .generation_cost]')"
    works ff -f i2v -tags none -prompt "a prompt" -duration 4 -i still.png -c copy out.mkv
    same null "$(tags out.mkv | jq -r .generation_id)"
    works "$BIN/i2v" ffprobe -v error -show_entries format_tags=generation_id -of csv=p=0 \
        "i2v:still.png?prompt=a+prompt&duration=4"
    same "$id" "$output"
    expect_creates 1
}

# i2v: players and editors that know nothing of it
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

PROMPT="She turns around and smiles"
URL="i2v:still.png?prompt=She+turns+around+and+smiles&duration=4"
export SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy

needs() { # program
    command -v "$1" >/dev/null || skip "$1 is not installed"
}

# The shim has nothing to complain of.
no_complaint() {
    ! grep -q '^i2v: ' <<<"$stderr" || { echo "$stderr"; return 1; }
}

# It ends by itself, with whatever status it gives to what it cannot open.
ends() { # command
    run --separate-stderr "$@"
    [ "$status" -lt 124 ] || { printf 'status %s\n%s\n%s\n' "$status" "$output" "$stderr"; return 1; }
    output+=$stderr
}

# The words of a refusal, and nothing but the refused request was sent.
not_served() { # text, creates, command
    local text=$1 number=$2
    shift 2
    ends "$@"
    grep -qF -- "$text" <<<"$output" || { echo "not said: $text in $output"; return 1; }
    expect_creates "$number"
    no_clip
}

refuses_well() { # command, in which %s stands for an i2v: URL
    local refusal="Your request was rejected by our moderation system"
    local -x I2V_STORE=$BATS_TEST_TMPDIR/refused
    mark
    not_served "There is no prompt" 0 "${@//%s/"i2v:still.png?duration=4"}"
    expect_requests 0
    set_faults "create 1 status 400 message $refusal"
    not_served "$refusal" 1 "${@//%s/"i2v:still.png?prompt=refused&duration=4"}"
    not_served "$refusal" 1 "${@//%s/"i2v:still.png?prompt=refused&duration=4"}"
}

# Which stream comes first, and in how many pieces the sound, is left to the threads of mpv.
content_of() { # file
    ffmpeg -v error -nostdin -i "$1" -map 0:v -c copy -f framemd5 - | grep -v '^#'
    ffmpeg -v error -nostdin -i "$1" -map 0:a -f md5 -
}

same_content() { # expected file, file, least number of video frames
    [ "$(frames_of "$1")" -ge "$3" ] || { echo "$1 has $(frames_of "$1") frames"; return 1; }
    diff <(content_of "$1") <(content_of "$2")
}

shows_the_still() { # file of 64x36
    same 64x36 "$(size_of "$1")"
    colour_at "$1" 4 4 red
    colour_at "$1" 58 4 lime
    colour_at "$1" 4 30 blue
    colour_at "$1" 58 30 white
}

@test "each says beforehand whether it can host i2v" {
    local program
    for program in ffmpeg ffprobe ffplay mpv; do
        command -v $program >/dev/null || continue
        works "$BIN/i2v" --check $program
        grep -q "$program uses libavformat [0-9]*, for which i2v has a plugin" <<<"$output" || { echo "$output"; return 1; }
    done
    for program in melt vlc gst-launch-1.0 /usr/bin/python3; do
        command -v $program >/dev/null || continue
        works "$BIN/i2v" --check $program
        grep -q "what it starts or loads can host i2v$" <<<"$output" || { echo "$output"; return 1; }
    done
}

@test "ffplay, with options and with the URL" {
    needs ffplay
    local form
    for form in options URL; do
        local input=(-f i2v -prompt "$PROMPT" -duration 4 -i still.png)
        [ $form = options ] || input=("$URL")
        works "$BIN/i2v" ffplay -hide_banner -nostats -autoexit -noframedrop -vf scale=64:36,showinfo "${input[@]}"
        same 120 "$(grep -c 'n: *[0-9]* pts:' <<<"$stderr")"
        no_complaint
    done
    expect_creates 1
    refuses_well "$BIN/i2v" ffplay -hide_banner -autoexit %s
}

mpv() { # argument...
    "$BIN/i2v" mpv --no-config --quiet --input-terminal=no "$@"
}

mpv_writes() { # file, argument...
    local file=$1
    shift
    mpv "--o=$file" --of=matroska --ovc=ffv1 --oac=pcm_s16le "--vf=lavfi=[scale=64:36]" "$@"
}

@test "mpv: every form plays the frames and the sound of the clip" {
    needs mpv
    works mpv_writes options.mkv --demuxer=lavf --demuxer-lavf-format=i2v \
        "--demuxer-lavf-o=prompt=\"$PROMPT\",duration=4" still.png
    no_complaint
    works mpv_writes url.mkv "av://i2v:$URL"
    works env "I2V_DEFAULTS=poll_interval=0.1:duration=4:prompt=$PROMPT" "$BIN/i2v" mpv --no-config --quiet \
        --input-terminal=no --o=plain-still.mkv --of=matroska --ovc=ffv1 --oac=pcm_s16le \
        "--vf=lavfi=[scale=64:36]" av://i2v:still.png
    expect_creates 1
    works mpv_writes plain.mkv "$(store_clip)"
    same_content plain.mkv options.mkv 119
    same_content plain.mkv url.mkv 119
    same_content plain.mkv plain-still.mkv 119
    shows_the_still url.mkv
}

@test "mpv seeks" {
    whole_only
    needs mpv
    works mpv_writes part.mkv --aid=no --start=2 --length=1 "av://i2v:$URL"
    works mpv_writes plain.mkv --aid=no --start=2 --length=1 "$(store_clip)"
    diff <(packets plain.mkv) <(packets part.mkv)
    same 30 "$(frames_of part.mkv)"
    expect_creates 1
}

@test "mpv: what is refused, and Ctrl-C during the wait" {
    whole_only
    needs mpv
    refuses_well "$BIN/i2v" mpv --no-config --quiet --input-terminal=no --vo=null --ao=null av://i2v:%s
    goes_on_after_interrupt "$BIN/i2v" mpv --no-config --quiet --input-terminal=no --vo=null --ao=null --length=0.2 \
        "av://i2v:i2v:still.png?prompt=mpv+waits&duration=4"
}

# Under load melt 7.30 and 7.42 sometimes stop for good, or write nothing, with or without i2v,
# and are then tried again.
melt_writes() { # file, argument...
    local file=$1 tries status
    shift
    for tries in 1 2 3; do
        status=0
        timeout -k 5 90 "$BIN/i2v" melt "$@" -consumer "avformat:$file" vcodec=ffv1 acodec=pcm_s16le s=64x36 \
            real_time=-1 || status=$?
        [[ $status = 124 || $status = 137 || -z $(frames_of "$file" 2>/dev/null) ]] || break
    done
    return "$status"
}

@test "melt opens it many times, and makes a film of it with picture and sound" {
    whole_only
    needs melt
    works melt_writes film.mkv "$URL"
    no_complaint
    expect_creates 1
    works melt_writes plain.mkv "$(store_clip)"
    same_content plain.mkv film.mkv 100
    shows_the_still film.mkv
    same pcm_s16le "$(ffprobe -v error -select_streams a -show_entries stream=codec_name -of csv=p=0 film.mkv)"
    ffmpeg -v info -nostdin -i film.mkv -af volumedetect -f null - 2>&1 | grep -q 'max_volume: -[0-4]\?[0-9]\.'
}

@test "melt cuts from it, and joins two" {
    whole_only
    needs melt
    works melt_writes film.mkv "$URL" in=30 out=59 "$URL" in=90 out=99
    expect_creates 1
    works melt_writes plain.mkv "$(store_clip)" in=30 out=59 "$(store_clip)" in=90 out=99
    same 40 "$(frames_of film.mkv)"
    same_content plain.mkv film.mkv 40
}

@test "melt: what is refused, and Ctrl-C during the wait" {
    local url="i2v:still.png?prompt=melt+waits&duration=4"
    whole_only
    needs melt
    refuses_well "$BIN/i2v" melt %s -consumer avformat:out.mkv vcodec=ffv1 acodec=pcm_s16le
    set_faults "poll * shape waiting"
    mark
    begin "$BIN/i2v" melt "$url" out=2 -consumer avformat:out.mkv
    until_true polled
    leaves INT
    no_clip
    set_faults ""
    works melt_writes out.mkv "$url" out=2
    expect_creates 1
}

@test "MPlayer plays it, and leaves the wait on Ctrl-C though it never asks its open to end" {
    needs mplayer
    local play=(mplayer -nolirc -noconfig all -quiet -vo null -ao pcm:fast:file=sound.wav
        -demuxer lavf still.png -lavfdopts)
    works "$BIN/i2v" "${play[@]}" "format=i2v:o=image=still.png,prompt=played,duration=4"
    [ "$(ffprobe -v error -show_entries format=duration -of csv=p=0 sound.wav | cut -d. -f1)" -ge 3 ]
    expect_creates 1
    mark
    set_faults "poll * shape waiting"
    begin "$BIN/i2v" "${play[@]}" "format=i2v:o=image=still.png,prompt=left,duration=4"
    until_true polled
    kill -INT "$PID"
    until_true eval '! kill -0 "$PID" 2>/dev/null' # its status is 0, whatever happens
    grep -q Interrupted log
}

@test "VLC plays it when the still is its file, and ends well" {
    needs cvlc
    [ -z "${I2V_ASAN:-}" ] || skip "VLC hangs under AddressSanitizer, with i2v or without"
    unshare -U --map-user=1000 true 2>/dev/null || skip "no user namespaces, and VLC does not run as root"
    I2V_DEFAULTS="poll_interval=0.1:duration=4:prompt=$PROMPT"
    works timeout -k 5 60 unshare -U --map-user=1000 "$BIN/i2v" cvlc --no-dbus --intf dummy --play-and-exit \
        --demux avformat --avformat-format i2v "$PWD/still.png" --sout '#std{access=file,mux=ts,dst=film.ts}'
    expect_creates 1
    works timeout -k 5 60 unshare -U --map-user=1000 cvlc --no-dbus --intf dummy --play-and-exit \
        --demux avformat "$(store_clip)" --sout '#std{access=file,mux=ts,dst=plain.ts}'
    same "$(frames_of plain.ts)" "$(frames_of film.ts)"
    [ "$(frames_of film.ts)" -gt 100 ]
    colour_at film.ts 20 20 red
}

liquidsoap_script() { # input, argument of input.ffmpeg...
    needs liquidsoap
    [[ $(liquidsoap --version) = "Liquidsoap 2.1"* ]] || skip "the script is for Liquidsoap 2.1"
    local source=$1
    shift
    cat >script.liq <<END
settings.init.allow_root.set(true)
settings.frame.video.width.set(64)
settings.frame.video.height.set(36)
s = input.ffmpeg(max_buffer=60., poll_delay=0.2, $(printf '%s, ' "$@" "\"$source\"" | sed 's/, $//'))
output.file(fallible=true, %ffmpeg(format="matroska", %audio(codec="pcm_s16le"), %video(codec="mpeg4")), "out.mkv", s)
END
}

@test "Liquidsoap streams it, by options and by URL" {
    whole_only
    liquidsoap_script still.png 'format="i2v"' "string_args=[(\"prompt\", \"$PROMPT\"), (\"duration\", \"4\")]" \
        on_disconnect=shutdown
    works timeout -k 5 60 "$BIN/i2v" liquidsoap script.liq
    no_complaint
    [ "$(frames_of out.mkv)" -gt 80 ]
    shows_the_still out.mkv
    same pcm_s16le "$(ffprobe -v error -select_streams a -show_entries stream=codec_name -of csv=p=0 out.mkv)"
    rm out.mkv
    liquidsoap_script "$URL" on_disconnect=shutdown
    works timeout -k 5 60 "$BIN/i2v" liquidsoap script.liq
    [ "$(frames_of out.mkv)" -gt 80 ]
    expect_creates 1
}

gone() { ! kill -0 "$PID" 2>/dev/null; }

# It opens again and again what it could not open.
tried_again() { [ "$(grep -c "Something broke" log)" -ge 4 ]; }

@test "Liquidsoap tries for ever, which buys a generation that fails once, and leaves the wait on Ctrl-C" {
    whole_only
    liquidsoap_script "i2v:still.png?prompt=fails&duration=4"
    set_faults "create * fail internal_error Something broke"
    begin "$BIN/i2v" liquidsoap script.liq
    until_true tried_again
    kill -INT "$PID"
    until_true gone
    expect_creates 1
    mark
    liquidsoap_script "i2v:still.png?prompt=waits&duration=4"
    set_faults "poll * shape waiting"
    begin "$BIN/i2v" liquidsoap script.liq
    until_true polled
    kill -INT "$PID"
    until_true gone # its status is 0, whatever happens
    grep -q Interrupted log
    expect_creates 1
}

# A scene with one media source over all of it, recorded from the start on.
obs_records() { # ffmpeg_options: sets PID
    needs obs
    needs Xvfb
    [ -z "${I2V_ASAN:-}" ] || skip "not under AddressSanitizer"
    local dir=$HOME/.config/obs-studio
    mkdir -p "$dir/basic/profiles/i2v" "$dir/basic/scenes"
    printf '[General]\nFirstRun=true\n' >"$dir/global.ini"
    cat >"$dir/basic/profiles/i2v/basic.ini" <<END
[General]
Name=i2v
[Video]
BaseCX=64
BaseCY=36
OutputCX=64
OutputCY=36
FPSCommon=10
[Output]
Mode=Simple
[SimpleOutput]
FilePath=$PWD
RecFormat=mkv
RecQuality=Small
END
    jq -n --arg options "$1" --arg still "$PWD/still.png" '{
        name: "i2v", current_scene: "Scene", current_program_scene: "Scene", scene_order: [{name: "Scene"}],
        sources: [{id: "ffmpeg_source", name: "clip", settings: {
            is_local_file: false, looping: true, input: $still, input_format: "i2v", ffmpeg_options: $options}},
        {id: "scene", name: "Scene", settings: {items: [
            {name: "clip", id: 1, visible: true, bounds: {x: 64, y: 36}, bounds_type: 2, align: 5}]}}]}' \
        >"$dir/basic/scenes/i2v.json"
    Xvfb -displayfd 5 -screen 0 640x480x24 -nolisten tcp 5>display >/dev/null 2>&1 3>&- &
    until_true test -s display
    begin env "DISPLAY=:$(<display)" LIBGL_ALWAYS_SOFTWARE=1 QT_QPA_PLATFORM=xcb "$BIN/i2v" \
        obs --multi --profile i2v --collection i2v --startrecording
}

# All four colours of the still, wherever in the scene.
shows_it_recorded() {
    ffmpeg -v error -nostdin -i ./*.mkv -vf scale=16:9:flags=neighbor,format=rgb24 -f rawvideo - 2>/dev/null |
        od -An -v -tu1 -w3 |
        awk '{ seen[($1 > 150) ($2 > 150) ($3 > 150)] }
            END { exit !("100" in seen && "010" in seen && "001" in seen && "111" in seen) }'
}

@test "OBS has it as a media source, and records it" {
    whole_only
    obs_records "prompt='$PROMPT' duration=4"
    until_true shows_it_recorded
    kill -TERM "$PID"
    until_true gone
    same "$PROMPT" "$(last_job .prompt)"
    expect_creates 1
}

prompt_refused() { grep -q "The prompt begins with" log; }

@test "OBS cuts its options at blanks, also between double quotes: nothing is bought for half a prompt" {
    whole_only
    obs_records "prompt=\"$PROMPT\" duration=4"
    until_true prompt_refused
    kill -TERM "$PID"
    until_true gone
    expect_creates 0
}

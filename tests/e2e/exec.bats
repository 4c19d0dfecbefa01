# i2v: an ffmpeg that cannot be hosted gets another command line
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper
unset I2V_EXEC # the one way is held against the other

REQUEST=(-f i2v -prompt "She turns around" -duration 4)

# The same as ff, by i2vctl exec.
ex() { I2V_EXEC=1 ff "$@"; }

# The same command hosted and by exec: equal output, one generation for both.
both() { # file, argument...
    local file=$1
    shift
    works ff -v error "$@" "$file"
    mv "$file" "hosted.$file"
    works ex -v error "$@" "$file"
    cmp "hosted.$file" "$file" || { echo "differs: $*"; return 1; }
    [ -s "$file" ]
}

# The same command hosted and by exec: it ends with the same status and sentence, and
# nothing is bought. Graphs that ffmpeg reads before its inputs, as from 6.1 on, it refuses by
# itself when hosted, and does not say that nothing was sent.
both_refuse() { # argument...
    local hosted ours
    refused ff "$@"
    hosted="$status $(grep -o '\] .*' <<<"$stderr" | head -1)"
    refused ex "$@"
    ours="$status $(grep -o '\] .*' <<<"$stderr" | head -1)"
    same "${hosted%; nothing sent}" "${ours%; nothing sent}"
    same 0 "$(accepted)"
}

@test "the same bytes as hosted" {
    printf "i2v=still.png:prompt='She turns around':duration=4,scale=64:36[v]\n" >graph
    both a.nut "${REQUEST[@]}" -i still.png -map 0 -c copy -bitexact
    both b.nut -ss 1.3 "${REQUEST[@]}" -t 1 -i still.png -c copy -bitexact
    both c.md5 -sseof -0.5 -itsoffset 1 "${REQUEST[@]}" -stream_loop 1 -r 25 -i still.png -map 0:v -vf scale=64:36 -f framemd5
    both d.nut -i "i2v:still.png?prompt=She+turns+around&duration=4" "${REQUEST[@]}" -i still.png -map 0:v -map 1:a -c copy -bitexact
    both e.md5 -filter_complex "i2v=still.png:prompt='She turns around':duration=4:s=dv+da:sp=1[v][a];[v]scale=64:36[w]" -map '[w]' -map '[a]' -f framemd5
    both f.md5 "$(graph_file)" graph -map '[v]' -f framemd5
    both g.md5 -f lavfi -i "i2v=still.png:prompt='She turns around':duration=4,scale=64:36[out0];ai2v=still.png:prompt='She turns around':duration=4[out1]" -f framemd5
    both h.md5 -i still.png -vf "scale=64:36[b];i2v=still.png:prompt='She turns around':duration=4,scale=64:36[c];[b][c]hstack" -f framemd5
    expect_creates 1
}

@test "ffprobe: packets, streams and tags as hosted" {
    whole_only
    local entries program=("$BIN/i2v" ffprobe -v error -of json)
    for entries in -show_packets -show_streams "-show_entries format_tags"; do
        # shellcheck disable=SC2086
        works "${program[@]}" $entries "${REQUEST[@]}" still.png
        echo "$output" >hosted
        # shellcheck disable=SC2086
        I2V_EXEC=1 works "${program[@]}" still.png $entries "${REQUEST[@]}"
        diff hosted <(echo "$output")
    done
    grep -q digital_source_type hosted
    expect_creates 1
}

@test "tags: in the file that is given, and nothing else in it has moved" {
    works ff -v error "${REQUEST[@]}" -tags all -i still.png -c copy -f ffmetadata hosted
    works ex -v error "${REQUEST[@]}" -tags all -i still.png -c copy -f ffmetadata given
    diff hosted given
    grep -q "generation_prompt=She turns around" given
    I2V_DEBUG=1 works ex -v error "${REQUEST[@]}" -i still.png -c copy -f null -
    local copy
    copy=$(sed -n 's/^i2v: exec:.* -i \([^ ]*\).*/\1/p' <<<"$stderr")
    diff <(ffprobe -v error -show_packets "$(store_clip)") <(ffprobe -v error -show_packets "$copy")
    # without any the clip itself is given
    I2V_DEBUG=1 works ex -v error "${REQUEST[@]}" -tags none -i still.png -c copy -f null -
    says " -i $(store_clip) "
}

@test "refused as hosted, with the same status, and nothing is bought" {
    both_refuse "${REQUEST[@]}" -duration 99 -i still.png out.mp4
    both_refuse "${REQUEST[@]}" -i nowhere.png out.mp4

    both_refuse "${REQUEST[@]}" -framerate 25 -i still.png out.mp4
    both_refuse "${REQUEST[@]}" -i still.png -i nowhere.wav out.mp4

    both_refuse "${REQUEST[@]}" -i still.png -filter_complex "nosuch[v]" -map '[v]' out.mp4
    both_refuse -filter_complex "i2v=still.png:prompt='open[v]" -map '[v]' out.mp4
    both_refuse -filter_complex "i2v=still.png:prompt=x:save=y[v]" -map '[v]' out.mp4
    both_refuse -i "i2v:still.png?prompt=x&store=y" out.mp4
    both_refuse "${REQUEST[@]}" -reuse only -i still.png out.mp4
    both_refuse "${REQUEST[@]}" -max_cost 0.01 -i still.png out.mp4
    (unset AIML_API_KEY && both_refuse "${REQUEST[@]}" -i still.png out.mp4)
    I2V_BASE_URL='' both_refuse "${REQUEST[@]}" -i still.png out.mp4
    AIML_API_KEY=wrong both_refuse "${REQUEST[@]}" -i still.png out.mp4
    I2V_BASE_URL=http://127.0.0.1:1 both_refuse "${REQUEST[@]}" -i still.png out.mp4
}

@test "what the program would refuse, or not use, is not bought" {
    local line graph=i2v=still.png:prompt=x
    while read -r line; do
        # shellcheck disable=SC2086
        run --separate-stderr ex $line
        [ "$status" -ne 0 ]
        [[ $stderr == *"nothing sent"* ]] || { echo "$line: $stderr"; return 1; }
    done <<END
-pts 1 -f i2v -prompt x -i still.png out.mp4
-f i2v -prompt x -sshortest 1 -i still.png out.mp4
-f i2v -prompt x -i still.png -nocrf 1 out.mp4
-f i2v -prompt x -itsoffset zz -i still.png out.mp4
-i still.png -f i2v -prompt x -stream_loop x -i still.png out.mp4
-c:v libx264 -f i2v -prompt x -i still.png out.mp4
-f i2v -prompt x -i still.png -duration 4 -c copy out.mp4
-cpuflags nosuch -f i2v -prompt x -i still.png out.mp4
-v bogus -f i2v -prompt x -i still.png out.mp4
-v error -f i2v -prompt x -map 0 -i still.png out.mp4
-dec 0:0 -f i2v -prompt x -i still.png -nothing 1 out.mp4
-filter_complex $graph[v] -map [v] -nothing 1 out.mp4
-i still.png out.mp4 -vf $graph
-i still.png -c:v copy -vf $graph out.mp4
-i still.png -vn -vf $graph out.mp4
-i still.png -vf $graph -filter:v:0 null out.mp4
-i still.png -filter null -vf $graph out.mp4
END
    for line in "-of nosuch" "-vf $graph" "-show_entries nosuch=x" "-select_streams"; do
        # shellcheck disable=SC2086
        I2V_EXEC=1 run --separate-stderr "$BIN/i2v" ffprobe "i2v:still.png?prompt=x" $line
        [ "$status" -ne 0 ]
    done
    expect_requests 0
}

@test "a failed generation ends both ways alike" {
    whole_only
    set_faults "create * fail internal_error Something broke"
    refused ff "${REQUEST[@]}" -prompt fails -i still.png out.mp4
    local hosted=$status
    refused ex "${REQUEST[@]}" -prompt fails -i still.png out.mp4
    same "$hosted" "$status"
    expect_creates 2
    [ ! -e out.mp4 ]
}

@test "a word that is not understood: 126, nothing sent, and the line that would serve" {
    ends_with 126 ex -v error "${REQUEST[@]}" -foo 1 -i still.png -c copy out.mp4
    says "Unrecognized option 'foo'" "nothing sent"
    expect_requests 0
    local line
    line=$(sed -n 's/.*This gets the clip for any ffmpeg: i2vctl //p' <<<"$stderr")
    [ -n "$line" ]
    eval "works \"\$BIN/i2vctl\" $line"
    same "She turns around" "$(last_job .prompt)"
    # but for where a key may stand
    ends_with 126 ex "${REQUEST[@]}" -api_key_file "$KEY" -params "key=$KEY" -foo 1 -i still.png out.mp4
    says "--api_key_file ..." "--params ..."
    says_not "$KEY"
    ends_with 126 ex "${REQUEST[@]}" -prompt
    ends_with 126 ex "${REQUEST[@]}" -i still.png -unknown out.mp4
    ends_with 126 "$BIN/i2vctl" exec -- cat i2v:still.png
    ends_with 64 "$BIN/i2vctl" exec
    expect_creates 1
}

@test "what is not about us is the program's alone" {
    ends_with 0 ex -version -metadata title=i2v
    same "$(ffmpeg -version)" "$output"
    ex -v error -i still.png -metadata title=i2v -f framemd5 a.md5
    ffmpeg -v error -i still.png -metadata title=i2v -f framemd5 b.md5
    cmp a.md5 b.md5
    # and a program that would be asked is not
    fake_ffmpeg ^never
    works "$BIN/i2vctl" exec -- fake/ffmpeg -i still.png -metadata title=i2v </dev/null
    same "<-i><still.png><-metadata><title=i2v>" "${lines[0]}"
    [ ! -e asked ]
    # a mistake that has nothing to do with us is told by the program
    local expected=0
    ffmpeg -v quiet -nostdin -i nowhere.png -f null - || expected=$?
    ends_with "$expected" ex -i nowhere.png -metadata title=i2v -f null -
    says nowhere.png "No such file or directory"
    for topic in demuxer=i2v filter=i2v filter=ai2v; do
        # what ffmpeg 8.1 says at its end is in the way
        diff -B <(ff -h $topic | grep -v "^Exiting with") <(ex -h $topic)
    done
    expect_requests 0
}

# A program of the name ffmpeg that says of itself what the real one says, without what a
# pattern matches in its lists, and prints what it is run with.
fake_ffmpeg() { # pattern
    mkdir -p fake
    cat >fake/ffmpeg <<END
#!/bin/sh
case "\$*" in
*"-h full" | *-filters | *-demuxers | *-decoders)
    echo asked >>"$PWD/asked"
    ffmpeg "\$@" 2>&1 | grep -v "$1"
    exit
    ;;
*/dev/null/i2v*) exec ffmpeg "\$@" ;;
esac
printf '<%s>' "\$@"
echo
grep SigIgn /proc/self/status
ls -l /proc/self/fd | grep -E 'store|socket|memfd|graph'
cat
END
    chmod +x fake/ffmpeg
}

@test "the program gets its words, its signals, its files and the rest of the input" {
    fake_ffmpeg ^never
    works sh -c 'grep SigIgn /proc/self/status'
    local ignored=$output
    works "$BIN/i2vctl" exec -- fake/ffmpeg -v error "${REQUEST[@]}" -tags none -i still.png "a b" '' <<<input
    same "<-v><error><-i><$(store_clip)><a b><>" "${lines[0]}"
    same "$ignored" "${lines[1]}"
    same "input" "${lines[2]}" # and no file of ours is open
    # the still on standard input is read to its end
    works "$BIN/i2vctl" exec -- fake/ffmpeg "${REQUEST[@]}" -tags none -i - <still.png
    same "<-i><$(store_clip)>" "${lines[0]}"
    expect_creates 1
}

@test "what the program lacks is found before anything is bought" {
    local missing argument
    while read -r missing argument; do
        fake_ffmpeg "$missing"
        # shellcheck disable=SC2086
        refused "$BIN/i2vctl" exec -- fake/ffmpeg $argument
        says "was built without" "nothing sent"
    done <<'END'
mov,mp4\|use_absolute_path -i i2v:still.png?prompt=x -c copy out.mp4
concat -i i2v:film.jsonl?prompt=x -c copy out.mp4
movie.*|->N -filter_complex i2v=still.png:prompt=x[v] -map [v] out.mp4
amovie.*|->N -filter_complex ai2v=still.png:prompt=x[v] -map [v] out.mp4
.h264\|is_avc -i i2v:still.png?prompt=x out.mp4
.aac\|dual_mono_mode -i i2v:still.png?prompt=x -c:v copy out.mp4
.h264\|is_avc -i i2v:still.png?prompt=x -c copy out.mp4 -an small.mp4
END
    expect_requests 0
    fake_ffmpeg ".h264\|is_avc"
    works "$BIN/i2vctl" exec -- fake/ffmpeg -i "i2v:still.png?prompt=x" -c:v copy out.mp4 </dev/null
    # and what says nothing of itself is none
    printf '#!/bin/sh\nexit 0\n' >fake/ffmpeg
    ends_with 126 "$BIN/i2vctl" exec -- fake/ffmpeg -i "i2v:still.png?prompt=y" out.mp4
    says "gives no answer" "nothing sent"
    expect_creates 1
}

@test "a dry run, a saved clip, silence and a still in place of a failure" {
    whole_only
    works ex "${REQUEST[@]}" -dry_run 1 -i still.png -c copy dry.mp4
    same 1280x720 "$(size_of dry.mp4)"
    expect_creates 0
    works ex "${REQUEST[@]}" -save kept.mp4 -i still.png -c copy out.mp4
    cmp kept.mp4 "$(store_clip)"
    set_faults "create * fail internal_error Something broke"
    works ex "${REQUEST[@]}" -prompt fails -fallback still -i still.png -c copy fallback.mp4
    same 1280x720 "$(size_of fallback.mp4)"
}

@test "interrupted: ffmpeg's status, ffprobe dies of the signal, and both go on where they were" {
    local hosted
    set_faults "poll * shape waiting"
    begin "$BIN/i2v" ffmpeg -nostdin -y "${REQUEST[@]}" -i still.png -c copy out.mp4
    until_true polled
    leaves INT
    hosted=$STATUS
    begin env I2V_EXEC=1 "$BIN/i2v" ffmpeg -nostdin -y "${REQUEST[@]}" -i still.png -c copy out.mp4
    until_true grep -q "Picking up" log
    leaves INT
    same "$hosted" $STATUS
    begin env I2V_EXEC=1 "$BIN/i2v" ffprobe "${REQUEST[@]}" still.png
    until_true grep -q "Picking up" log
    leaves TERM
    same 143 $STATUS
    set_faults ""
    works ex "${REQUEST[@]}" -i still.png -c copy out.mp4
    expect_creates 1
}

# The static ffmpeg that comes with a package of npm's, once for all runs.
static_ffmpeg() {
    local cache=$BUILD/tests/e2e/cache
    STATIC=$cache/npm/ffmpeg
    [ ! -x "$STATIC" ] || return 0
    command -v npm >/dev/null || skip "no npm here"
    mkdir -p "$cache/npm"
    (cd "$cache/npm" && npm pack --silent @ffmpeg-installer/linux-x64 >/dev/null &&
        tar -xzf ./*.tgz && chmod +x package/ffmpeg && mv package/ffmpeg ffmpeg) ||
        skip "npm cannot get it"
}

@test "a real static one, of another year" {
    [ "$(uname -m)" = x86_64 ] || skip "it is for x86_64"
    static_ffmpeg
    local packets
    works "$BIN/i2v" ffmpeg -v error "${REQUEST[@]}" -i still.png -map 0 -c copy -f framemd5 -
    packets=$(grep -v ^# <<<"$output")
    works "$BIN/i2v" "$STATIC" -v error "${REQUEST[@]}" -i still.png -map 0 -c copy -f framemd5 -
    diff <(cut -d, -f1-5 <<<"$packets") <(grep -v ^# <<<"$output" | cut -d, -f1-5)
    works "$BIN/i2v" "$STATIC" -v error -filter_complex "i2v=still.png:prompt='She turns around':duration=4,scale=64:36[v]" \
        -map '[v]' -f rawvideo -y raw
    same $((64 * 36 * 3 / 2 * 120)) "$(stat -c %s raw)"
    ends_with 1 "$BIN/i2v" "$STATIC" "${REQUEST[@]}" -duration 99 -i still.png out.mp4
    works "$BIN/i2v" --check "$STATIC"
    [[ $output == *"statically linked"* ]]
    expect_creates 1
}

# i2v: i2vctl page: the page on which clips are compared, in a real Chromium
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

# The keys of a keyboard are characters beyond ASCII.
export LC_ALL=C.UTF-8

ctl() { "$BIN/i2vctl" "$@"; }
make_clip() { fetch -v error --duration 4 "$@" still.png >/dev/null; }

# Chromium, driven through the WebDriver protocol.

driver() { # method, path, JSON: the answer's value
    curl -sS -X "$1" -H 'Content-Type: application/json' ${3:+-d "$3"} "$DRIVER$2" | jq -c .value
}

start_browser() { # file
    command -v chromedriver >/dev/null && command -v chromium >/dev/null || skip "no Chromium here"
    chromedriver --port=0 >driver.log 2>&1 3>&- &
    echo $! >driver.pid
    until_true grep -qs 'started successfully' driver.log
    DRIVER=$(sed -n 's/.*successfully on port \([0-9]*\)\..*/\1/p' driver.log)
    if [ -z "$DRIVER" ]; then # before 121
        kill "$(<driver.pid)" && rm driver.pid
        skip "this ChromeDriver does not say its port"
    fi
    DRIVER=http://127.0.0.1:$DRIVER
    # As root it has no sandbox; a page of ours needs none.
    DRIVER=$DRIVER/session/$(driver POST /session '{"capabilities": {"alwaysMatch": {
        "goog:loggingPrefs": {"browser": "ALL"}, "goog:chromeOptions": {"args": ["headless=new",
        "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "mute-audio", "window-size=1400,1000"]}}}}' |
        jq -r .sessionId)
    driver POST /url "$(jq -n --arg url "file://$1" '{url: $url}')" >/dev/null
}

teardown() {
    [ ! -e driver.pid ] || { driver DELETE "" >/dev/null || true; kill "$(<driver.pid)" || true; }
}

js() { # expression
    driver POST /execute/sync "$(jq -n --arg script "return $1" '{script: $script, args: []}')"
}

is_now() { # value, expression
    [ "$(js "$2")" = "$1" ]
}

becomes() { # value, expression
    until_true is_now "$@" || { js "$2"; return 1; }
}

press() { # key...
    local key
    for key; do
        driver POST /actions "$(jq -n --arg key "$key" '{actions: [{type: "key", id: "keys",
            actions: [{type: "keyDown", value: $key}, {type: "keyUp", value: $key}]}]}')" >/dev/null
    done
}
TAB=$'\ue004' ENTER=$'\ue007' ESCAPE=$'\ue00c' RIGHT=$'\ue014' DOWN=$'\ue015'

# What the browser complains of: a policy that was broken, a script that failed.
complaints() { driver POST /se/log '{"type": "browser"}'; }

HERE='document.activeElement.closest(".group")'

@test "a page of nothing, of no clips, and on a terminal" {
    ends_with 73 ctl page
    one_sentence "no ledger"
    set_faults "poll * shape waiting"
    works ctl submit --prompt one --duration 4 still.png
    ends_with 64 ctl page
    one_sentence "A page of no clips"
    ends_with 64 ctl page --word two
    one_sentence "no request of the ledger is selected"
    same "" "$output"
    needs_terminal
    ! script -qec "$BIN/i2vctl page" /dev/null >said </dev/null || return 1
    grep -q ">takes.html" said
}

@test "nothing of the ledger can leave its place in the page, whose policy names its script" {
    local hash
    make_clip --prompt $'</script><script>document.title="bad"</script><!-- & \u2028 \u202e'
    ctl page >takes.html
    # Its own script and the data, each with one end.
    same 2 "$(grep -c '<script' takes.html)"
    same 2 "$(grep -o '</script>' takes.html | wc -l)"
    grep -qF '\u003c/script\u003e' takes.html
    ! grep -q -e $'\xe2\x80\xa8' takes.html || return 1
    hash=$(sed -n '/^<script>/,/^<\/script>/p' takes.html | sed '1s/<script>//' | sed '$d' |
        openssl dgst -sha256 -binary | base64)
    grep -qF "script-src 'sha256-$hash'" takes.html
    # The key is in no command.
    ! grep -qF "$KEY" takes.html || return 1
    # Nothing is named that is not here.
    ! grep -oE '(src|href)="?http' takes.html || return 1
}

@test "in Chromium: it plays in step, chooses by keys, and what is text stays text" {
    local script=$'<script>document.title="bad"</script><img src=x onerror=alert(1)> \u202eend' key
    mkdir "it's <a> 100% #1?"
    export I2V_STORE=$PWD/"it's <a> 100% #1?"
    make_clip --prompt "$script"
    make_clip --prompt "Two takes of one"
    make_clip --prompt "Two takes of one" --take 2
    ctl page >"the takes.html"
    start_browser "$PWD/the%20takes.html"
    same '[2,3,"Takes"]' "$(js '[document.querySelectorAll(".group").length,
        document.querySelectorAll(".take").length, document.title]')"
    # Both takes of one stand together, and the still with them.
    same '[2,1,400]' "$(js '(group => [group.querySelectorAll(".take").length,
        group.querySelectorAll(".still img").length, group.querySelector(".still img").naturalWidth])
        (document.querySelectorAll(".group")[0])')"
    same "$(jq -n --arg text "$script" '$text')" "$(js 'document.querySelectorAll("h2")[1].textContent')"
    same 0 "$(js 'document.querySelectorAll("h2 *, img[src=x]").length')"
    # Posters first; nothing is loaded before it is played.
    same '[3,0]' "$(js '[document.querySelectorAll(".take img[src^=data]").length,
        [...document.querySelectorAll("video")].filter(video => video.readyState).length]')"

    press "$DOWN"
    same '"Take 1, 0.52 USD"' "$(js 'document.activeElement.getAttribute("aria-label").slice(0, 16)')"
    press " "
    becomes true "[...$HERE.querySelectorAll('video')].filter(video => video.currentTime > 0.3 && !video.paused).length == 2"
    press " "
    becomes '[2,true]' "(videos => [videos.filter(video => video.paused).length,
        Math.abs(videos[0].currentTime - videos[1].currentTime) < 0.2])([...$HERE.querySelectorAll('video')])"
    press 0
    becomes 0 "Math.max(...[...$HERE.querySelectorAll('video')].map(video => video.currentTime))"
    press .
    becomes '[true,true]' "[...$HERE.querySelectorAll('video')].map(video => video.currentTime > 0.03 && video.currentTime < 0.06)"

    press "$RIGHT" "$ENTER"
    same '["true",false]' "$(js '[document.activeElement.getAttribute("aria-selected"), document.getElementById("tray").hidden]')"
    key=$(ctl jobs --json | jq -r '.[0].key')
    becomes "$(jq -n --arg k "i2vctl keep --store '$PWD/it'\\''s <a> 100% #1?' ${key:0:8}" '$k')" \
        'document.getElementById("command").value'
    js 'document.getElementById("tab-again").click()' >/dev/null
    PATH=$BIN:$PATH works sh -c "$(js 'document.getElementById("command").value' | jq -r .)"
    same "$I2V_STORE/$key.mp4" "$output"
    expect_creates 3
    # The choice outlives a reload.
    driver POST /refresh '{}' >/dev/null
    same '"1 chosen"' "$(js 'document.getElementById("count").textContent')"

    press "$DOWN" f
    becomes 1 '[...document.querySelectorAll(".group")].filter(group => group.offsetHeight).length'
    press "$ESCAPE"
    becomes 2 '[...document.querySelectorAll(".group")].filter(group => group.offsetHeight).length'
    press "?"
    same true "$(js 'document.getElementById("help").open')"
    press "$ESCAPE" / t w o
    becomes '"1 request"' 'document.getElementById("sum").textContent.slice(0, 9)'
    press "$ESCAPE"
    # By Tab alone: to the filter, to the keys, and to what plays the first request.
    js 'document.activeElement.blur()' >/dev/null
    press "$TAB" "$TAB" "$TAB" "$TAB" "$TAB"
    same true "$(js 'document.activeElement.matches(":focus-visible") && !!document.activeElement.closest(".group")')"
    same "[]" "$(complaints)"
}

@test "in Chromium: the pointer on a clip plays it" {
    make_clip --prompt "hover"
    ctl page >takes.html
    start_browser "$PWD/takes.html"
    driver POST /actions '{"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
        "actions": [{"type": "pointerMove", "x": 500, "y": 250}]}]}' >/dev/null
    becomes true 'document.querySelector("video").currentTime > 0.2'
    driver POST /actions '{"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
        "actions": [{"type": "pointerMove", "x": 5, "y": 5}]}]}' >/dev/null
    becomes true 'document.querySelector("video").paused'
}

@test "in Chromium: a thousand clips, of which those in sight are loaded" {
    whole_only
    local key n
    make_clip --prompt "one of many"
    key=$(ctl jobs --json | jq -r '.[0].key')
    rm "$I2V_STORE/journal.jsonl"
    for ((n = 1; n < 1000; n++)); do
        printf -v copy '%064x' "$n"
        sed "s/$key/$copy/; s/one of many/number $n./" "$I2V_STORE/$key.json" >"$I2V_STORE/$copy.json"
        ln "$I2V_STORE/$key.mp4" "$I2V_STORE/$copy.mp4"
    done
    works ctl page -v error
    [ ${#output} -lt 40000000 ]
    printf '%s\n' "$output" >takes.html
    start_browser "$PWD/takes.html"
    same 1000 "$(js 'document.querySelectorAll(".take").length')"
    becomes true '(count => count > 0 && count < 60)(document.querySelectorAll("video").length)'
    js 'scrollTo(0, 1e6)' >/dev/null
    becomes true '[...document.querySelectorAll(".take")].slice(-1)[0].querySelector("video") != null'
    becomes 0 '[...document.querySelectorAll(".take")].slice(0, 900).filter(take => take.querySelector("video")).length'
    same "[]" "$(complaints)"
}

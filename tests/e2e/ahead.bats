# i2v: what one command line names is checked together before anything is spent
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper

setup_file() {
    shared_still
    start_gateway
}
teardown_file() { stop_gateway; }
setup() { common_setup; }

REQUEST=(-f i2v -prompt hello -duration 4)

@test "one bad input of several: nothing is sent for the good one" {
    refused ff "${REQUEST[@]}" -i still.png -f i2v -prompt hello -duration 5 -i still.png \
        -filter_complex hstack out.mkv
    says duration
    expect_requests 0
}

@test "a plain input of the same command does not exist: nothing is sent" {
    refused ff "${REQUEST[@]}" -i still.png -i missing-logo.png -filter_complex overlay out.mkv
    says missing-logo.png
    expect_requests 0
}

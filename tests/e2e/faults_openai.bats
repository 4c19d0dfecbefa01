# i2v: the fault matrix of a server of one's own, engine=openai; what must come of each fault is in
# faults_openai.table
# SPDX-License-Identifier: LGPL-2.1-or-later
load helper
load faults

ENGINE=openai
TABLE=$BATS_TEST_DIRNAME/faults_openai.table

setup_file() { :; }
teardown_file() { :; }

@test "the matrix: every outcome as it must be, no clip lost, none made twice" {
    run_matrix fault-openai
}

/* i2v: unit tests: a store for each test
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef I2V_TEST_STORES_H
#define I2V_TEST_STORES_H

/** cmocka's set-up and tear-down: *state is a Store that no other test has. */
int open_store(void **state);
int close_store(void **state);

#endif

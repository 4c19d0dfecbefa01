/* i2v: unit test that each header of the plugin compiles alone, as C11
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "i2v.h"

#include <stdio.h>

#include "support.h"

/* CMake adds a translation unit for each header; that they compiled is the test. Here:
 * what the public one promises of itself. */
static void test_public_header(void **state)
{
    const AVClass *class = i2v_get_class();
    char version[32];
    (void)state;
    assert_true(__STDC_VERSION__ >= 201112L);
    assert_int_equal(I2V_KEY_SIZE, 65);
    assert_int_equal(i2v_version(), I2V_VERSION_INT);
    snprintf(version, sizeof(version), "%u.%u.%u", AV_VERSION_MAJOR(i2v_version()),
             AV_VERSION_MINOR(i2v_version()), AV_VERSION_MICRO(i2v_version()));
    assert_string_equal(version, I2V_VERSION); // the project's, in CMakeLists.txt
    assert_non_null(class);
    assert_ptr_equal(class, i2v_get_class());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_public_header)};
    return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}

/* i2v: unit tests: a store for each test
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stores.h"

#include <stdio.h>

#include "store/store.h"
#include "support.h"

int open_store(void **state)
{
    static int number;
    char name[32];
    Store *store = NULL;
    snprintf(name, sizeof(name), "store%d", number++);
    said_clear();
    if (store_open(temp_path(name), NULL, &store) < 0)
        return -1;
    *state = store;
    return 0;
}

int close_store(void **state)
{
    Store *store = *state;
    store_close(&store);
    return store ? -1 : 0;
}

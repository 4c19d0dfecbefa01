/* i2v: any list of models, and what it says of prices and of models' ends
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include "base/text.h"
#include "engine/aimlapi.h"
#include "engine/catalogue.h"

long fuzz_good;

static void look_at(const Catalogue *list, int n, const cJSON *fields)
{
    CatalogueRetirement end;
    CataloguePrice price;
    char text[256];

    FUZZ_CHECK(text_is_utf8(catalogue_id(list, n)));
    for (int which = 0; catalogue_alias(list, n, which); which++)
        FUZZ_CHECK(!text_has_control(catalogue_alias(list, n, which)));
    if (aimlapi_price(list, n, fields, 8, &price) >= 0)
        FUZZ_CHECK(price.usd >= 0 && price.usd < 1e300);
    FUZZ_CHECK(!text_has_control(price.text));
    aimlapi_price_text(list, n, text, sizeof(text));
    FUZZ_CHECK(*text && !text_has_control(text));
    catalogue_retirement(list, catalogue_id(list, n), &end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cJSON *fields = cJSON_Parse("{\"resolution\":\"1080p\",\"generate_audio\":true}");
    Catalogue *list;

    if (catalogue_parse((const char *)data, size, &list) >= 0)
        for (int n = 0; n < catalogue_count(list); n++)
            look_at(list, n, fields);
    fuzz_good += catalogue_count(list) > 0;
    catalogue_free(&list);
    cJSON_Delete(fields);
    return 0;
}

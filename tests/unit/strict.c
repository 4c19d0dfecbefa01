/* i2v: the stand-in's own check of a request by a published document
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "strict.h"

#include "published.h"
#include "schema.h"

char *strict_refusal(const cJSON *document, const cJSON *request)
{
    cJSON *schema = published_to_schema(document);
    Buffer issues = {0};

    if (!schema)
        return checked_strdup("the document has no request");
    schema_check(schema, request, "", &issues);
    cJSON_Delete(schema);
    return issues.data;
}

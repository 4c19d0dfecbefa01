/* i2v: the stand-in gateway: --help, the whole reference of the program.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway.h"

#include <stdio.h>

static const char options[] =
    "Usage: i2v-gateway [OPTIONS]\n"
    "\n"
    "A stand-in for the AI/ML API's image-to-video endpoint, on loopback, without a key "
    "and\n"
    "without cost: it checks requests strictly as the API documents them, lets the job "
    "walk\n"
    "through queued and generating, and serves a real MP4 that ffmpeg renders from the "
    "still\n"
    "and the prompt: a slow zoom over the still, and a tone that depends on the prompt. "
    "It\n"
    "needs ffmpeg and ffprobe in PATH.\n"
    "\n"
    "  --port N            port of the API (0, the default: a free one)\n"
    "  --cdn-port N        port of the file server that result URLs point to (0)\n"
    "  --cert F --cert-key F\n"
    "                      PEM certificate and key: HTTPS on both ports\n"
    "  --api-key KEY       the only key that is accepted (demo)\n"
    "  --latency SECONDS   from the create call to completed (3)\n"
    "  --faults FILE       fault script, see below; read again whenever it changes\n"
    "  --state DIR         keep jobs, stills and clips there: after a restart with the "
    "same\n"
    "                      DIR they are known again (default: a temporary directory)\n"
    "  --cache DIR         keep rendered clips there; several gateways may share it\n"
    "  --schema F          one more model: a JSON Schema of its requests, like those in\n"
    "                      tests/gateway/schemas\n"
    "  --ready-file F      once listening, write the API's base URL into it, atomically\n"
    "  --exit-with-parent  end when the process that started this one ends\n"
    "  --verbose           a line on stderr for every request\n"
    "  --help, --version\n"
    "\n"
    "When ready it prints one line:\n"
    "  i2v-gateway: ready at http://127.0.0.1:PORT (files at http://127.0.0.1:PORT), key "
    "KEY\n"
    "SIGINT and SIGTERM end it with status 0; bad usage or a broken schema is status 64, "
    "a\n"
    "port that cannot be had 69, a state that cannot be written 73.\n"
    "\n"
    "API\n"
    "  POST /v2/video/generations                    create\n"
    "  GET  /v2/video/generations?generation_id=ID   poll\n"
    "  GET  /v2/logs?period=1h | ?start=&end=        logs: limit, offset, status, model\n"
    "  GET  /v2/billing, /v1/models, /v1/models/deprecations\n"
    "  Models: the image-to-video models that the API documents, each checked by its "
    "schema,\n"
    "  and test/generic, which takes any further field; /v1/models lists them. Images are\n"
    "  data:image/(png|jpeg|webp);base64,... or http(s) URLs on loopback.\n"
    "\n"
    "Control (same port as the API, no key)\n"
    "  PUT  /control/faults      a new fault script as the body; the file is read again "
    "only\n"
    "                            once it changes\n"
    "  GET  /control/state       JSON: counts, key_at_cdn, user_agents, jobs, requests\n"
    "  GET  /control/counts      the counts alone, a line each\n"
    "  GET  /control/image?job=N the still as it was received (N: number or id; default: "
    "the\n"
    "                            newest); with &which=end the one that the clip ends on\n"
    "  GET  /control/clip?job=N  the clip as it is served\n"
    "  POST /control/quit        end\n";

void print_help(void)
{
    fputs(options, stdout);
    faults_describe(stdout);
    fputs(
        "\nExamples\n"
        "  create 1 status 503                  refused once, with the API's own error\n"
        "  create 1 status 504 taken body html  taken, but the answer is lost in a "
        "proxy\n"
        "  create 1 drop-after                  taken, no answer at all\n"
        "  create * rows completion             the log shows it only once it is done\n"
        "  poll 2-4 status 429 retry-after 2\n"
        "  download 1 cut 0.5\n"
        "  poll 10s shape waiting\n",
        stdout);
}

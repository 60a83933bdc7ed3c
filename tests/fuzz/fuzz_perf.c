/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Either end of perf, by the first byte; then the steps of proto_fuzz.h. */
#include <stdlib.h>

#include "proto/perf/perf.h"
#include "proto_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void client_events(void *core)
{
    struct p2p__perf *p = core;

    if (p2p__perf_next(p) && (p->stat.down != p->down || p->stat.up != p->up)) {
        abort();
    }
}

static void server_events(void *core)
{
    (void)core;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t role = size > 0 ? data[0] : 0;
    const size_t rest = size > 0 ? size - 1 : 0;
    struct p2p__perf client;
    struct p2p__perf_server server;
    struct p2p__perf_cfg cfg = {.up = role >> 4, .down = role};

    if ((role & 1) == 0) {
        p2p__perf_init(&client, &cfg, 1);
        proto_fuzz(&p2p__perf_ops, &client, client_events, data + (size - rest),
                   rest);
    } else {
        p2p__perf_server_init(&server, NULL, 1);
        proto_fuzz(&p2p__perf_server_ops, &server, server_events,
                   data + (size - rest), rest);
    }
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Either end of ping, by the first byte; then the steps of proto_fuzz.h. */
#include <stdlib.h>

#include "proto/ping/ping.h"
#include "proto_fuzz.h"
#include "test_env.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ping_events(void *core)
{
    struct p2p__ping_ev ev;

    while (p2p__ping_next(core, &ev)) {
        if (ev.rtt > P2P__SEC(512) * 512) {
            abort();
        }
    }
}

static void pong_events(void *core)
{
    const struct p2p__pong *p = core;

    if (p->have > sizeof p->bytes || p->granted > p->have) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t role = size > 0 ? data[0] : 0;
    const size_t rest = size > 0 ? size - 1 : 0;
    struct test_env env;
    struct p2p__ping ping;
    struct p2p__pong pong;
    struct p2p__ping_cfg asks = {.count = role >> 4,
                                 .interval = P2P__SEC(role >> 6)};
    struct p2p__pong_cfg answers = {.burst = 1U + (role >> 4),
                                    .each = P2P__SEC(1)};

    test_env_init(&env, 1);
    asks.env = &env.env;
    if ((role & 1) == 0) {
        p2p__ping_init(&ping, &asks, 0);
        proto_fuzz(&p2p__ping_ops, &ping, ping_events, data + (size - rest),
                   rest);
    } else {
        p2p__pong_init(&pong, &answers, 0);
        proto_fuzz(&p2p__pong_ops, &pong, pong_events, data + (size - rest),
                   rest);
    }
    return 0;
}

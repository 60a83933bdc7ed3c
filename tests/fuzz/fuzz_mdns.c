/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * mDNS: datagrams, each behind a byte of flags and two of its length. After
 * each, events are pulled and answers drawn; what is drawn must read back.
 */
#include <stdlib.h>

#include "proto/mdns/mdns.h"
#include "test_env.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OWN_HOST 1U
#define UNICAST  2U
#define ALONE    4U  /* from a port that is not 5353 */
#define FAR      8U  /* from far away */
#define LATER    16U /* a second passes first */

static void start(struct p2p__mdns *m, struct test_env *env)
{
    static const char id[] =
        "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6n"
        "XTN";
    static const char addr[] = "/ip4/192.168.7.9/tcp/4901";
    struct p2p__mdns_cfg cfg = {.forms = P2P__MDNS_TODAY | P2P__MDNS_2021,
                                .env = &env->env};
    const uint32_t links[] = {2, 3};
    struct p2p_multiaddr ma;

    if (p2p_peer_id_from_text(id, sizeof id - 1, &cfg.self) != 0 ||
        p2p_multiaddr_from_text(addr, sizeof addr - 1, &ma) != 0 ||
        p2p__mdns_init(m, &cfg, 1) != 0) {
        abort();
    }
    p2p__mdns_set_addrs(m, &ma, 1, 1);
    p2p__mdns_set_links(m, links, 2);
}

static void check_events(struct p2p__mdns *m)
{
    struct p2p__mdns_ev ev;

    while (p2p__mdns_next(m, &ev)) {
        if (ev.count == 0 || ev.count > P2P__CAP_MDNS_ADDRS ||
            ev.id->len == 0) {
            abort();
        }
        for (size_t i = 0; i < ev.count; i++) {
            struct p2p_multiaddr again;

            if (p2p_multiaddr_from_bytes(ev.addrs[i].bytes, ev.addrs[i].len,
                                         &again) != 0) {
                abort();
            }
        }
    }
}

/* Draws all that is due; more than a few datagrams are too many. */
static void draw(struct p2p__mdns *m, p2p_ns now)
{
    uint8_t buf[P2P__CAP_MDNS_SEND_BYTES];
    struct p2p__outbuf out = {.p = buf, .cap = sizeof buf};
    struct p2p__mdns_to to;
    struct p2p__dns d;
    struct p2p__dns_rr rr;

    p2p__mdns_expire(m, now);
    for (int i = 0; p2p__mdns_tx(m, &out, &to, now); i++) {
        if (i > 16 || p2p__dns_open(&d, out.p, out.len) != 0) {
            abort();
        }
        while (p2p__dns_next(&d, &rr)) {
        }
        if (d.err != 0) {
            abort();
        }
        out.len = 0;
    }
}

static void give(struct p2p__mdns *m, uint8_t flags, const uint8_t *p,
                 size_t len, p2p_ns now)
{
    struct p2p__mdns_from from = {
        .addr = {.family = 4,
                 .ip = {(flags & FAR) != 0 ? 8 : 10, 0, 0, flags >> 5},
                 .port = (flags & ALONE) != 0 ? 4000 : P2P__MDNS_PORT},
        .ifindex = flags >> 5, /* 2 and 3 are links of ours */
        .own_host = (flags & OWN_HOST) != 0,
        .unicast = (flags & UNICAST) != 0};
    uint8_t *copy = malloc(len + 1);
    struct p2p__slice in = {.p = copy, .len = len};

    if (copy == NULL) {
        return;
    }
    memcpy(copy, p, len);
    (void)p2p__mdns_rx(m, &in, &from, now);
    free(copy);
    check_events(m);
    draw(m, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct p2p__mdns m;
    struct test_env env;
    p2p_ns now = 1;

    test_env_init(&env, 1);
    start(&m, &env);
    while (size >= 3) {
        const uint8_t flags = data[0];
        const size_t len = p2p__min((size_t)data[1] << 8 | data[2], size - 3);

        now += (flags & LATER) != 0 ? P2P__SEC(1) : P2P__MS(1);
        give(&m, flags, data + 3, len, now);
        data += 3 + len;
        size -= 3 + len;
    }
    p2p__mdns_fini(&m);
    return 0;
}

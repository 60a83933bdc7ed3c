/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Rendezvous, by the first byte. A client: what a point answers, one byte at a
 * time, and a walk over it. A point: requests of peers that are the byte
 * before each; then three expiries. Records are not signed here: who registers
 * is told to the registry, as the server tells it after it looked.
 */
#include "made_peer.h"
#include "proto/ask/ask.h"
#include "proto/rendezvous/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EXPIRIES 3
#define PAGE     2048U

static void client(struct p2p__quota *quota, const uint8_t *data, size_t size)
{
    static uint8_t request[] = {2, 8, P2P__RENDEZVOUS_DISCOVER};
    const struct p2p__ask_cfg cfg = {
        .request = {.p = request, .len = sizeof request},
        .cap = P2P__CAP_RENDEZVOUS_ANSWER_BYTES,
        .timeout = P2P__RENDEZVOUS_TIMEOUT,
        .quota = quota};
    struct p2p__rendezvous_msg answer;
    struct p2p__rendezvous_walk walk;
    struct p2p__rendezvous_found one;
    struct p2p__slice bytes;
    struct p2p__ask c;
    int rv = 0;

    p2p__ask_init(&c, &cfg, 1);
    for (size_t i = 0; rv == 0 && i < size; i++) {
        const struct p2p__slice piece = p2p__slice_of(data + i, 1);

        rv = p2p__ask_rx(&c, &piece, 1);
    }
    if (p2p__ask_next(&c, &bytes) &&
        p2p__rendezvous_answer(bytes, P2P__RENDEZVOUS_DISCOVER, &answer) == 0) {
        must(answer.type == P2P__RENDEZVOUS_DISCOVERED);
        p2p__rendezvous_walk_init(&walk, &answer);
        while (p2p__rendezvous_walk_next(&walk, &one)) {
            must(one.record.len <= size && one.ns.len <= size);
        }
    }
    p2p__ask_fini(&c);
}

/* What the registry makes of a request; its cookie leads on. */
static void decide(struct p2p__rendezvous_registry *r, uint8_t who,
                   const struct p2p__rendezvous_msg *msg, p2p_ns now)
{
    const struct p2p__rendezvous_found what = {.ns = msg->ns,
                                               .record = msg->record};
    struct p2p__rendezvous_msg again = *msg;
    uint8_t page[PAGE], cookie[P2P__RENDEZVOUS_COOKIE_BYTES];
    const struct p2p_peer_id id = made_peer(who);
    const struct p2p__addr at = {.family = 4, .ip = {8, 0, 0, who % 8}};
    const struct p2p__fair_who asker = {&id, &at};
    uint64_t ttl_s = msg->ttl_s;
    struct p2p__pbw w;

    if (msg->type == P2P__RENDEZVOUS_REGISTER) {
        if (p2p__rendezvous_register(r, &asker, &what, &ttl_s, now) ==
            P2P__RENDEZVOUS_OK) {
            must(ttl_s > 0 && ttl_s <= P2P__CAP_RENDEZVOUS_TTL_S);
        }
    } else if (msg->type == P2P__RENDEZVOUS_UNREGISTER) {
        p2p__rendezvous_unregister(r, &id, msg->ns);
    } else if (msg->type == P2P__RENDEZVOUS_DISCOVER) {
        p2p__pbw_init(&w, page, sizeof page);
        if (p2p__rendezvous_discover(r, msg, &w, cookie, now) ==
            P2P__RENDEZVOUS_OK) {
            must(w.len <= sizeof page);
            again.cookie = p2p__slice_of(cookie, sizeof cookie);
            must(p2p__rendezvous_discover(r, &again, &w, cookie, now) ==
                 P2P__RENDEZVOUS_OK);
        }
    }
}

/* The same bytes to a server, as one peer's stream. */
static void serve(struct p2p__rendezvous_registry *r, struct p2p__quota *quota,
                  struct p2p__slice in, p2p_ns now)
{
    const struct p2p_peer_id id = made_peer(0);
    const struct p2p__addr at = {.family = 4, .ip = {8}};
    const struct p2p__fair_who who = {&id, &at};
    const struct p2p__rendezvous_server_cfg cfg = {
        .registry = r, .who = &who, .quota = quota};
    struct p2p__rendezvous_server s;
    uint8_t buf[256];
    int rv = 0;

    p2p__rendezvous_server_init(&s, &cfg, now);
    for (; rv == 0 && in.len > 0; p2p__slice_skip(&in, 1)) {
        const struct p2p__slice piece = {.p = in.p, .len = 1};
        struct p2p__outbuf out = {.p = buf, .cap = sizeof buf};

        rv = p2p__serve_rx(&s.serve, &piece, now);
        if (rv == 0) {
            (void)p2p__serve_tx(&s.serve, &out, now);
        }
    }
    p2p__serve_fini(&s.serve);
}

static void point(struct p2p__quota *quota, const uint8_t *data, size_t size)
{
    const struct p2p__rendezvous_registry_cfg cfg = {
        .limits = {.registrations = 20,
                   .registrations_per_peer = 5,
                   .registrations_per_addr = 8},
        .quota = quota,
        .seed = {1, 2}};
    struct p2p__slice in = p2p__slice_of(data, size), msg;
    struct p2p__rendezvous_registry r;
    struct p2p__rendezvous_msg request;
    struct p2p__frame frame;
    p2p_ns now = 1;

    p2p__rendezvous_registry_init(&r, &cfg);
    p2p__frame_init(&frame, quota, P2P__CAP_RENDEZVOUS_REQUEST_BYTES);
    while (in.len > 0) {
        const uint8_t who = in.p[0];

        p2p__slice_skip(&in, 1);
        if (p2p__frame_next(&frame, &in, &msg) != 1) {
            break;
        }
        if (p2p__rendezvous_msg_read(msg, &request) == 0) {
            decide(&r, who, &request, now);
        }
        now += P2P__SEC(1);
        must(r.count <= 20);
    }
    p2p__frame_fini(&frame);
    serve(&r, quota, p2p__slice_of(data, size), now);
    for (int i = 0; i < EXPIRIES && r.count > 0; i++) {
        const p2p_ns at = p2p__rendezvous_registry_deadline(&r);
        const uint32_t before = r.count;

        now = p2p__max(now, at);
        p2p__rendezvous_registry_expire(&r, now);
        must(r.count < before);
    }
    p2p__rendezvous_registry_fini(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct p2p__quota quota;

    if (size == 0) {
        return 0;
    }
    p2p__quota_init(&quota, NULL, "host");
    (data[0] % 2 == 0 ? client : point)(&quota, data + 1, size - 1);
    p2p__quota_fini(&quota); /* all was given back */
    return 0;
}

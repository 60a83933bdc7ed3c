/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Hop and stop, each end, by the first byte. A client and its keeper: what
 * the relay says; then three times of its deadlines. A relay: requests of
 * peers that are the byte before each, with its books; then three expiries.
 */
#include "made_peer.h"
#include "proto/relay/answer.h"
#include "proto/relay/ask.h"
#include "proto/relay/keeper.h"
#include "proto/relay/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The longest circuit, and the longest back-off. */
#define TICKS    3
#define CIRCUITS 16U

/* What a client does with an answer. */
static void client(enum p2p__relay_kind kind, const uint8_t *data, size_t size)
{
    const struct p2p__relay_msg request = {.type = P2P__RELAY_CONNECT,
                                           .peer = made_peer(1)};
    struct p2p__quota quota;
    const struct p2p__relay_ask_cfg cfg = {
        .kind = kind, .request = &request, .quota = &quota};
    struct p2p__slice in = p2p__slice_of(data, size);
    const struct p2p__relay_msg *msg;
    struct p2p__relay_keeper k;
    struct p2p__relay_ask a;
    struct p2p__relay_walk walk;
    struct p2p_multiaddr ma;
    p2p_ns now = 1;

    p2p__quota_init(&quota, NULL, "conn");
    p2p__relay_keeper_init(&k, 1, now);
    p2p__relay_ask_init(&a, &cfg, now);
    while (in.len > 0 && !p2p__relay_ask_is_answered(&a)) {
        struct p2p__slice piece = {.p = in.p, .len = 1};

        if (p2p__relay_ask_rx(&a, &piece) < 0) {
            break;
        }
        p2p__slice_skip(&in, 1);
    }
    msg = p2p__relay_ask_next(&a);
    if (msg != NULL && p2p__relay_error(msg->status) == 0) {
        p2p__relay_walk_init(&walk, &msg->reservation);
        while (p2p__relay_next_addr(&walk, &ma)) {
            must(ma.len > 0);
        }
        p2p__relay_keeper_granted(&k, msg->reservation.expire_s, 1795000000,
                                  now);
    } else {
        p2p__relay_keeper_failed(&k, now);
    }
    for (int i = 0; i < TICKS; i++) {
        const p2p_ns at = p2p__relay_keeper_deadline(&k);

        must(at > now && at <= now + P2P__SEC(P2P__CAP_RELAY_BELIEVED_S));
        now = at;
        (void)p2p__relay_ask_expire(&a, now);
        p2p__relay_keeper_expire(&k, now);
        while (p2p__relay_keeper_next(&k) != P2P__RELAY_KEEPER_NOTHING) {
        }
        p2p__relay_keeper_failed(&k, now);
    }
    p2p__relay_ask_fini(&a);
    p2p__quota_fini(&quota);
}

/* A relay on which peers ask, one after the other. */
struct relay {
    struct p2p__relay_ledger books;
    struct p2p__relay_circuit circuits[CIRCUITS];
    size_t next;
    p2p_ns now;
};

static void decide(struct relay *r, uint8_t who,
                   const struct p2p__relay_msg *msg)
{
    const struct p2p__addr at = {.family = 4, .ip = {10, 0, 0, who}};
    struct p2p__relay_circuit *c = &r->circuits[r->next++ % CIRCUITS];
    const struct p2p_peer_id from = made_peer(who);
    const struct p2p__fair_who asker = {&from, &at};

    if (p2p__relay_ledger_asked(&r->books, msg->type, &asker, r->now) !=
        P2P__RELAY_OK) {
        return;
    }
    if (msg->type == P2P__RELAY_RESERVE) {
        (void)p2p__relay_ledger_reserve(&r->books, &asker, r->now);
        return;
    }
    must(msg->type == P2P__RELAY_CONNECT && msg->peer.len > 0);
    p2p__relay_ledger_disconnect(&r->books, c);
    if (p2p__relay_ledger_connect(&r->books, &from, &msg->peer, c, r->now) ==
        P2P__RELAY_OK) {
        must(c->ends > r->now);
        (void)p2p__relay_circuit_pass(c, P2P__RELAY_THERE, 60000U * who);
    }
}

/* One request; how many bytes it was. */
static size_t ask(struct relay *r, enum p2p__relay_kind kind,
                  const uint8_t *data, size_t size)
{
    const struct p2p__relay_answer_cfg cfg = {.kind = kind};
    const struct p2p__relay_msg no = {.type = P2P__RELAY_STATUS, .status = 204};
    struct p2p__slice in = p2p__slice_of(data + 1, size - 1);
    uint8_t bytes[64];
    struct p2p__outbuf out = {.p = bytes, .cap = sizeof bytes};
    const struct p2p__relay_msg *msg;
    struct p2p__relay_answer a;

    p2p__relay_answer_init(&a, &cfg, r->now);
    if (p2p__relay_answer_rx(&a, &in) < 0) {
        in.len = 0;
    }
    msg = p2p__relay_answer_next(&a);
    if (msg != NULL) {
        decide(r, data[0], msg);
        must(p2p__relay_answer_say(&a, &no) == 0);
    }
    p2p__relay_answer_tx(&a, &out);
    must(p2p__relay_answer_is_asked(&a) == p2p__relay_answer_is_said(&a));
    p2p__relay_answer_fini(&a);
    return size - in.len;
}

static void relay(enum p2p__relay_kind kind, const uint8_t *data, size_t size)
{
    static const uint64_t seed[2] = {1, 2};
    const struct p2p__relay_limits limits = {.reservations_per_addr = 2};
    struct relay r = {.now = 1};
    struct p2p_peer_id whose;

    p2p__relay_ledger_init(&r.books, &limits, seed);
    while (size > 1) {
        const size_t n = ask(&r, kind, data, size);

        data += n;
        size -= n;
        r.now += P2P__SEC(1);
    }
    for (int i = 0; i < TICKS; i++) {
        r.now = p2p__ns_after(r.now, P2P__SEC(P2P__CAP_RELAY_RESERVATION_S));
        while (p2p__relay_ledger_expire(&r.books, r.now, &whose)) {
            must(!p2p__relay_ledger_has(&r.books, &whose, r.now));
        }
        must(p2p__relay_ledger_deadline(&r.books) > r.now);
    }
    for (size_t i = 0; i < CIRCUITS; i++) {
        p2p__relay_ledger_disconnect(&r.books, &r.circuits[i]);
    }
    p2p__relay_ledger_fini(&r.books);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t role = size > 0 ? data[0] : 0;
    const enum p2p__relay_kind kind =
        (role & 2) != 0 ? P2P__RELAY_STOP : P2P__RELAY_HOP;

    if (size == 0) {
        return 0;
    }
    if ((role & 1) != 0) {
        relay(kind, data + 1, size - 1);
    } else {
        client(kind, data + 1, size - 1);
    }
    return 0;
}

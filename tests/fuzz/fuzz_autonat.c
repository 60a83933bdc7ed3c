/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * AutoNAT, by the first byte: a server of v1 or of v2, a client of v2, either
 * end of a dial back, driven by the rest of the bytes; the books, asked by
 * peers that the bytes choose; or what a client knows and is told of itself.
 */
#include "made_peer.h"
#include "proto/autonat/back.h"
#include "proto/autonat/books.h"
#include "proto/autonat/client_v2.h"
#include "proto/autonat/observed.h"
#include "proto/autonat/server_v1.h"
#include "proto/autonat/server_v2.h"
#include "proto/autonat/verdicts.h"
#include "proto_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two hundred steps: enough to fill what a client knows. */
#define INPUT_MAX 400

static const uint64_t seed[2] = {1, 2};

static struct p2p__addr addr_of(uint8_t n)
{
    return (struct p2p__addr){
        .family = n % 2 == 0 ? 4 : 6, .ip = {8, n}, .port = (uint16_t)(n + 1U)};
}

/* What a server makes of the addresses that it was told. */
static void look(const struct p2p__autonat_told *told)
{
    const struct p2p__autonat_limits limits = {0};
    const struct p2p__addr from = addr_of(1);
    struct p2p_multiaddr out[P2P__CAP_AUTONAT_ADDRS];
    struct p2p__autonat_books b;
    struct p2p__autonat_walk walk;
    struct p2p_multiaddr ma;
    size_t n;

    p2p__autonat_books_init(&b, &limits, seed);
    n = p2p__autonat_v1_targets(&b, told, &from, out, P2P__COUNT(out));
    for (size_t i = 0; i < n; i++) {
        must(p2p__autonat_may_dial(&b, &from, &out[i]));
    }
    p2p__autonat_walk_init(&walk, told);
    while (p2p__autonat_v2_target(&b, &from, &walk, &ma) >= 0) {
        must(p2p__autonat_may_dial(&b, &from, &ma));
    }
    p2p__autonat_books_fini(&b);
}

static void on_server_v1(void *core)
{
    struct p2p__autonat_server_v1 *s = core;
    const struct p2p__autonat_v1_msg *msg = p2p__autonat_server_v1_next(s);

    if (msg != NULL) {
        look(&msg->addrs);
        p2p__autonat_server_v1_answer(s, P2P__AUTONAT_V1_DIAL_ERROR, NULL);
    }
}

static void on_server_v2(void *core)
{
    struct p2p__autonat_server_v2 *s = core;
    const enum p2p__autonat_server_v2_ev ev = p2p__autonat_server_v2_next(s);

    if (ev == P2P__AUTONAT_SERVER_ASKED) {
        look(&s->request.addrs);
        if (s->request.nonce % 2 == 0) {
            p2p__autonat_server_v2_charge(s, 0, 300);
            return;
        }
    }
    if (ev != P2P__AUTONAT_SERVER_NOTHING) {
        p2p__autonat_server_v2_answer(s, P2P__AUTONAT_V2_OK, 0,
                                      P2P__AUTONAT_V2_DIAL_OK);
    }
}

static void on_client_v2(void *core)
{
    const struct p2p__autonat_v2_msg *msg = p2p__autonat_client_v2_next(core);

    must(msg == NULL || msg->status != P2P__AUTONAT_V2_OK || msg->index < 1);
}

static void on_back(void *core)
{
    struct p2p__autonat_back *b = core;

    if (p2p__autonat_back_next(b) && !b->says) {
        p2p__autonat_back_answer(b);
    }
}

/* The streams, one of each kind. */
static void stream(uint8_t kind, struct p2p__quota *quota, const uint8_t *data,
                   size_t size)
{
    static const struct p2p_multiaddr ma = {
        .len = 8, .bytes = {4, 8, 0, 0, 1, 6, 15, 161}};
    const struct p2p__autonat_client_v2_cfg ask = {
        .addrs = &ma, .n_addrs = 1, .nonce = 1, .talk = {.quota = quota}};
    union {
        struct p2p__autonat_server_v1 server_v1;
        struct p2p__autonat_server_v2 server_v2;
        struct p2p__autonat_client_v2 client_v2;
        struct p2p__autonat_back back;
    } core;

    switch (kind) {
        case 0:
            p2p__autonat_server_v1_init(&core.server_v1, &ask.talk, 1);
            proto_fuzz(&p2p__autonat_server_v1_ops, &core, on_server_v1, data,
                       size);
            return;
        case 1:
            p2p__autonat_server_v2_init(&core.server_v2, &ask.talk, 1);
            proto_fuzz(&p2p__autonat_server_v2_ops, &core, on_server_v2, data,
                       size);
            return;
        case 2:
            must(p2p__autonat_client_v2_init(&core.client_v2, &ask, 1) == 0);
            proto_fuzz(&p2p__autonat_client_v2_ops, &core, on_client_v2, data,
                       size);
            return;
        case 3:
            p2p__autonat_back_hear(&core.back, &ask.talk, 1);
            break;
        default:
            p2p__autonat_back_say(&core.back, &ask.talk, 1, 1);
            break;
    }
    proto_fuzz(&p2p__autonat_back_ops, &core, on_back, data, size);
}

/* Peers ask: a byte says who, the next one from where and how late. */
static void books(const uint8_t *data, size_t size)
{
    const struct p2p__autonat_limits limits = {.dials = 3};
    struct p2p__autonat_work work[4] = {0};
    struct p2p__autonat_books b;
    p2p_ns now = 1;

    p2p__autonat_books_init(&b, &limits, seed);
    for (size_t i = 0; i + 1 < size; i += 2) {
        const struct p2p_peer_id id = made_peer(data[i]);
        const struct p2p__addr at = addr_of(data[i + 1]);
        struct p2p__autonat_work *w = &work[data[i] % 4];

        now += P2P__SEC(data[i + 1] % 16);
        p2p__autonat_books_end(&b, w);
        (void)p2p__autonat_books_begin(&b, &(struct p2p__fair_who){&id, &at}, w,
                                       now);
        (void)p2p__autonat_books_may_charge(&b, now);
        must(b.dials <= 3 && b.asked.rows.count <= P2P__CAP_RATES_ROWS);
    }
    for (size_t i = 0; i < P2P__COUNT(work); i++) {
        p2p__autonat_books_end(&b, &work[i]);
    }
    p2p__autonat_books_fini(&b);
}

/* Answers what a client asks. */
static void answer(struct p2p__autonat_verdicts *v, uint8_t byte, p2p_ns now)
{
    struct p2p__autonat_probe probe;
    const enum p2p__autonat_outcome outcome =
        (enum p2p__autonat_outcome)(byte % 4);

    must(p2p__autonat_verdicts_deadline(v) == P2P_NEVER || !v->asking);
    if (!p2p__autonat_verdicts_next(v, &probe, now)) {
        return;
    }
    if (!probe.v2) {
        p2p__autonat_verdicts_answer_v1(v, &probe, outcome, NULL, now);
        return;
    }
    must(probe.n_addrs > 0);
    p2p__autonat_verdicts_answer(v, &probe, outcome,
                                 (size_t)(byte / 4) % probe.n_addrs, now);
}

/* What a client knows: two bytes a step. */
static void client(const uint8_t *data, size_t size)
{
    static struct p2p__autonat_verdicts v;
    static struct p2p__autonat_observed o;
    const struct p2p__autonat_local local = {.family = 4, .port = 1};
    struct p2p__autonat_sight sights[P2P__AUTONAT_CANDIDATES];
    struct p2p_multiaddr addrs[4];
    const struct p2p_multiaddr *about;
    enum p2p__autonat_verdict verdict;
    p2p_ns now = 1;

    p2p__autonat_verdicts_init(&v, 2);
    p2p__autonat_observed_init(&o);
    for (size_t i = 0; i + 1 < size; i += 2) {
        const uint8_t byte = data[i + 1];
        const struct p2p_peer_id id = made_peer(byte);
        const struct p2p__addr at = addr_of(byte);
        struct p2p__autonat_saying what = {.by = byte,
                                           .site = p2p__autonat_site(&at),
                                           .local = local,
                                           .addr = addr_of(data[i])};

        what.local.port = (uint16_t)(1 + byte % 3);
        for (size_t k = 0; k < P2P__COUNT(addrs); k++) {
            addrs[k] = (struct p2p_multiaddr){
                .len = 8, .bytes = {4, 8, byte, (uint8_t)k, 1, 6, 15, 161}};
        }
        now += P2P__SEC(data[i]);
        switch (data[i] % 6) {
            case 0:
                (void)p2p__autonat_verdicts_set(&v, addrs, byte % 5);
                break;
            case 1:
                p2p__autonat_verdicts_server(&v, &id, &at, byte % 4, now);
                break;
            case 2:
                p2p__autonat_verdicts_gone(&v, &id);
                (void)p2p__autonat_observed_gone(&o, byte);
                break;
            case 3:
                (void)p2p__autonat_observed_add(&o, &what);
                break;
            default:
                answer(&v, byte, now);
                break;
        }
        if (data[i] % 6 == 2 || data[i] % 6 == 3) {
            must(p2p__autonat_observed_list(&o, &local, 1, sights,
                                            P2P__COUNT(sights)) <=
                 P2P__COUNT(sights));
        }
        while (p2p__autonat_verdicts_change(&v, &about, &verdict)) {
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct p2p__quota quota;

    if (size == 0) {
        return 0;
    }
    size = p2p__min(size, INPUT_MAX);
    p2p__quota_init(&quota, NULL, "host");
    switch (data[0] % 7) {
        case 5:
            books(data + 1, size - 1);
            break;
        case 6:
            client(data + 1, size - 1);
            break;
        default:
            stream(data[0] % 7, &quota, data + 1, size - 1);
            break;
    }
    p2p__quota_fini(&quota); /* all was given back */
    return 0;
}

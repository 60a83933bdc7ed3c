/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a node of the DHT answers, and what it makes of answers. */
#include "made_peer.h"
#include "proto/kad/kad.h"
#include "proto/serve/serve.h"
#include "proto_pair.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#define ME 5000U

/* Anything is a value of "any"; none replaces another. */
static bool any_valid(void *user, struct p2p__slice key,
                      struct p2p__slice value)
{
    (void)user;
    (void)key;
    return value.len > 0 && value.p[0] != '!';
}

static bool any_better(void *user, struct p2p__slice key,
                       struct p2p__slice value, struct p2p__slice than)
{
    (void)user;
    (void)key;
    return value.p[0] > than.p[0];
}

struct fixture {
    struct p2p__kad k;
    uint8_t bytes[P2P__CAP_KAD_PAGE_BYTES + 64];
    struct p2p__pbw w;
    struct p2p__kad_msg answer;
};

static struct fixture *init(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct p2p__kad_cfg cfg = {
        .self = made_peer(ME), .seed = {1, 2}, .random = 3};
    const struct p2p__kad_validator any = {
        .ns = "any", .valid = any_valid, .better = any_better};

    assert_non_null(f);
    assert_int_equal(p2p__kad_validators_add(&cfg.validators, &any), 0);
    p2p__kad_init(&f->k, &cfg, 1);
    return f;
}

static void fini(struct fixture *f)
{
    p2p__kad_fini(&f->k);
    free(f);
}

static void add_addr(struct p2p__kad_addrs *addrs, const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    (void)p2p__kad_addrs_add(addrs, &ma);
}

/* The peer of a number: in our network, or (out) out in the world. */
static struct p2p__kad_peer peer_of(uint32_t n, bool out)
{
    struct p2p__kad_peer peer = {
        .id = made_peer(n),
        .at = {.family = 4,
               .ip = {out ? (uint8_t)(11 + n % 100) : 10, (uint8_t)(n >> 7),
                      (uint8_t)(n >> 8), (uint8_t)n}}};

    add_addr(&peer.addrs, "/ip4/10.0.0.1/tcp/1");
    add_addr(&peer.addrs, "/ip4/8.8.8.8/tcp/1");
    return peer;
}

/* What is answered to a message, in f->answer; or an error, or 1. */
static int serve(struct fixture *f, const struct p2p__kad_peer *from,
                 const struct p2p__kad_msg *msg,
                 const struct p2p__kad_peer *provider)
{
    uint8_t request[1024];
    struct p2p__pbw w;
    size_t frame, head = 1;
    int rv;

    p2p__pbw_init(&w, request, sizeof request);
    frame = p2p__kad_msg_open(&w, msg);
    if (provider != NULL) {
        p2p__kad_msg_peer(&w, P2P__KAD_PROVIDERS, &provider->id,
                          &provider->addrs);
    }
    p2p__pbw_close(&w, frame);
    assert_true(p2p__pbw_end(&w) > 0);
    while ((request[head - 1] & 0x80) != 0) {
        head++;
    }
    p2p__pbw_init(&f->w, f->bytes, sizeof f->bytes);
    rv = p2p__kad_serve(&f->k, from,
                        p2p__slice_of(request + head, w.len - head), &f->w, 1);
    if (rv == 0) {
        assert_true(p2p__pbw_end(&f->w) > 0);
        for (head = 1; (f->bytes[head - 1] & 0x80) != 0; head++) {
        }
        assert_int_equal(
            p2p__kad_msg_read(p2p__slice_of(f->bytes + head, f->w.len - head),
                              &f->answer),
            0);
    }
    return rv;
}

/* How many peers the answer has, and the last of them. */
static size_t told(const struct fixture *f, enum p2p__kad_list list,
                   struct p2p__kad_peer *last)
{
    struct p2p__kad_walk walk;
    size_t n = 0;

    p2p__kad_walk_init(&walk, &f->answer, list, P2P__ADDR_LOOPBACK);
    while (p2p__kad_walk_next(&walk, last)) {
        n++;
    }
    return n;
}

static const struct p2p__kad_msg find_a = {.type = P2P__KAD_FIND_NODE,
                                           .key = {(uint8_t[]){'a'}, 1, NULL}};

static void test_nearer_peers_are_told(void **state)
{
    struct fixture *f = init();
    const struct p2p__kad_peer in = peer_of(1, false), out = peer_of(2, true);
    struct p2p__kad_peer last;

    (void)state;
    assert_int_equal(serve(f, &in, &find_a, NULL), 0);
    assert_int_equal(told(f, P2P__KAD_CLOSER, &last), 0);
    p2p__kad_met(&f->k, &in, 1);
    p2p__kad_met(&f->k, &out, 1);
    assert_int_equal(serve(f, &in, &find_a, NULL), 0);
    assert_int_equal(f->answer.type, P2P__KAD_FIND_NODE);
    assert_int_equal(told(f, P2P__KAD_CLOSER, &last), 1); /* not itself */
    assert_true(p2p_peer_id_equal(&last.id, &out.id));
    assert_int_equal(last.addrs.count, 2);
    /* Who is outside hears nothing of what is inside. */
    assert_int_equal(serve(f, &out, &find_a, NULL), 0);
    assert_int_equal(told(f, P2P__KAD_CLOSER, &last), 1);
    assert_int_equal(last.addrs.count, 1);
    p2p__kad_left(&f->k, &out.id);
    assert_int_equal(serve(f, &in, &find_a, NULL), 0);
    assert_int_equal(told(f, P2P__KAD_CLOSER, &last), 0);
    fini(f);
}

static void test_values_are_kept_and_given(void **state)
{
    const struct p2p__kad_peer from = peer_of(1, false);
    struct p2p__kad_msg put = {.type = P2P__KAD_PUT_VALUE,
                               .key = p2p__slice_of("/any/a", 6),
                               .has_record = true,
                               .record_key = p2p__slice_of("/any/a", 6),
                               .value = p2p__slice_of("v", 1)};
    const struct p2p__kad_msg get = {.type = P2P__KAD_GET_VALUE,
                                     .key = put.key};
    struct fixture *f = init();

    (void)state;
    assert_int_equal(serve(f, &from, &get, NULL), 0);
    assert_false(f->answer.has_record);
    assert_int_equal(serve(f, &from, &put, NULL), 0);
    assert_int_equal(f->answer.value.len, 1); /* the same comes back */
    assert_int_equal(serve(f, &from, &get, NULL), 0);
    assert_true(f->answer.has_record);
    assert_memory_equal(f->answer.value.p, "v", 1);
    put.record_key = p2p__slice_of("/any/b", 6); /* is of another key */
    assert_int_equal(serve(f, &from, &put, NULL), P2P_EPROTO);
    put.has_record = false;
    assert_int_equal(serve(f, &from, &put, NULL), P2P_EPROTO);
    put.has_record = true;
    put.record_key = put.key;
    put.value = p2p__slice_of("!", 1);
    assert_int_equal(serve(f, &from, &put, NULL), P2P_EFORMAT);
    fini(f);
}

static void test_T32_nobody_provides_for_another(void **state)
{
    const struct p2p__kad_peer from = peer_of(1, false);
    const struct p2p__kad_peer other = peer_of(2, false);
    struct p2p__kad_msg add = {.type = P2P__KAD_ADD_PROVIDER,
                               .key = p2p__slice_of("cid", 3)};
    const struct p2p__kad_msg get = {.type = P2P__KAD_GET_PROVIDERS,
                                     .key = add.key};
    struct p2p__kad_peer last;
    struct fixture *f = init();

    (void)state;
    assert_int_equal(serve(f, &from, &add, &other), 1); /* has no answer */
    assert_int_equal(serve(f, &from, &get, NULL), 0);
    assert_int_equal(told(f, P2P__KAD_PROVIDERS, &last), 0);
    assert_int_equal(serve(f, &from, &add, &from), 1);
    assert_int_equal(serve(f, &other, &get, NULL), 0);
    assert_int_equal(told(f, P2P__KAD_PROVIDERS, &last), 1);
    assert_true(p2p_peer_id_equal(&last.id, &from.id));
    assert_int_equal(last.addrs.count, 2);
    fini(f);
}

static void test_what_makes_no_sense_is_refused(void **state)
{
    const struct p2p__kad_peer from = peer_of(1, false);
    const struct p2p__kad_msg ping = {.type = P2P__KAD_PING};
    struct p2p__kad_msg empty = {.type = P2P__KAD_FIND_NODE};
    struct fixture *f = init();

    (void)state;
    assert_int_equal(serve(f, &from, &ping, NULL), 0);
    assert_int_equal(f->answer.type, P2P__KAD_PING);
    for (int type = 0; type < P2P__KAD_PING; type++) {
        empty.type = (enum p2p__kad_type)type;
        assert_int_equal(serve(f, &from, &empty, NULL), P2P_EPROTO);
    }
    fini(f);
}

static void test_T32_answers_are_pages(void **state)
{
    const struct p2p__kad_peer from = peer_of(999, false);
    const struct p2p__kad_msg get = {.type = P2P__KAD_GET_PROVIDERS,
                                     .key = p2p__slice_of("cid", 3)};
    struct fixture *f = init();
    struct p2p__kad_peer last;
    char text[80];

    (void)state;
    assert_int_equal(P2P__CAP_KAD_PAGE_BYTES, 16000);
    for (uint32_t i = 0; i < 32; i++) {
        struct p2p__kad_peer peer = peer_of(i, false);

        for (int j = 0; j < 8; j++) {
            (void)snprintf(text, sizeof text, "/dns4/%030d.example/tcp/1", j);
            add_addr(&peer.addrs, text);
        }
        p2p__kad_met(&f->k, &peer, 1);
        (void)p2p__kad_providers_add(&f->k.providers, get.key, &peer, 1);
    }
    assert_int_equal(serve(f, &from, &get, NULL), 0);
    assert_true(f->w.len <= 16000 + 8);
    assert_true(told(f, P2P__KAD_PROVIDERS, &last) >= 20);
    assert_true(told(f, P2P__KAD_PROVIDERS, &last) < 32);
    assert_true(told(f, P2P__KAD_CLOSER, &last) >= 15);
    fini(f);
}

/* The next event, which has to be a question. */
static struct p2p__kad_ev asked(struct fixture *f, p2p_ns now)
{
    struct p2p__kad_ev ev;

    assert_true(p2p__kad_next(&f->k, &ev, now));
    assert_int_equal(ev.type, P2P__KAD_ASK);
    return ev;
}

/* Meets one, and lets the first refresh end. */
static void meet(struct fixture *f, uint32_t n)
{
    const struct p2p__kad_peer peer = peer_of(n, false);
    const struct p2p__slice pong = p2p__slice_of("\x08\x04", 2);
    struct p2p__kad_ev ev;

    p2p__kad_met(&f->k, &peer, 1);
    p2p__kad_expire(&f->k, 1);
    while (p2p__kad_next(&f->k, &ev, 1)) {
        assert_int_equal(ev.type, P2P__KAD_ASK);
        p2p__kad_answered(&f->k, ev.query, &peer, pong, 1);
    }
}

static void test_the_best_value_is_found_and_mended(void **state)
{
    const struct p2p__kad_want want = {.goal = P2P__KAD_FIND_VALUE,
                                       .key = p2p__slice_of("/any/a", 6)};
    struct fixture *f = init();
    struct p2p__kad_peer peer[2] = {peer_of(1, false), peer_of(2, false)};
    uint8_t bytes[256];
    uint64_t number;
    struct p2p__kad_ev ev;

    (void)state;
    meet(f, 1);
    meet(f, 2);
    assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), 0);
    for (int i = 0; i < 2; i++) { /* one has "1", the other "2" */
        struct p2p__kad_msg msg = {.type = P2P__KAD_GET_VALUE,
                                   .key = want.key,
                                   .has_record = true,
                                   .record_key = want.key};
        struct p2p__pbw w;
        const int who =
            (ev = asked(f, 1), p2p_peer_id_equal(&ev.peer->id, &peer[1].id));

        msg.value = p2p__slice_of(who == 0 ? "1" : "2", 1);
        p2p__pbw_init(&w, bytes, sizeof bytes);
        p2p__kad_msg_write(&w, &msg);
        p2p__kad_answered(&f->k, ev.query, &peer[who],
                          p2p__slice_of(bytes + 1, w.len - 1), 1);
    }
    ev = asked(f, 1); /* the one that had a worse one is told */
    assert_true(p2p_peer_id_equal(&ev.peer->id, &peer[0].id));
    assert_true(ev.awaits);
    p2p__pbw_init(&f->w, f->bytes, sizeof f->bytes);
    p2p__kad_request(&f->k, &ev, &f->w);
    assert_int_equal(p2p__kad_msg_read(
                         p2p__slice_of(f->bytes + 1, f->w.len - 1), &f->answer),
                     0);
    assert_int_equal(f->answer.type, P2P__KAD_PUT_VALUE);
    assert_memory_equal(f->answer.value.p, "2", 1);
    p2p__kad_failed(&f->k, ev.query, &ev.peer->id, 1);
    assert_true(p2p__kad_next(&f->k, &ev, 1));
    assert_int_equal(ev.type, P2P__KAD_DONE);
    assert_int_equal(ev.status, 0);
    assert_memory_equal(ev.value.p, "2", 1);
    assert_false(p2p__kad_next(&f->k, &ev, 1));
    fini(f);
}

static void test_queries_have_limits(void **state)
{
    struct p2p__kad_want want = {.goal = P2P__KAD_FIND_PROVIDERS};
    struct fixture *f = init();
    uint8_t long_key[257] = {1};
    struct p2p__kad_ev ev;
    uint64_t number;

    (void)state;
    assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), P2P_EINVAL);
    want.key = p2p__slice_of(long_key, sizeof long_key);
    assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), P2P_ETOOBIG);
    want.key.len = 1;
    for (size_t i = 0; i < P2P__KAD_QUERIES; i++) {
        assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), 0);
    }
    assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), P2P_ELIMIT);
    p2p__kad_cancel(&f->k, number);
    p2p__kad_cancel(&f->k, number);
    want.goal = P2P__KAD_PUT;
    want.value = want.key;
    assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), P2P_ENOTSUP);
    want.goal = P2P__KAD_FIND_VALUE;
    assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), P2P_ENOTSUP);
    /* Nobody is known: they end at once. */
    for (size_t i = 1; i < P2P__KAD_QUERIES; i++) {
        assert_true(p2p__kad_next(&f->k, &ev, 1));
        assert_int_equal(ev.type, P2P__KAD_DONE);
        assert_int_equal(ev.status, P2P_ENOTFOUND);
    }
    assert_false(p2p__kad_next(&f->k, &ev, 1));
    fini(f);
}

/* What is ours goes out, whether there is room for it here or not. */
static void test_T32_what_is_ours_needs_no_room_here(void **state)
{
    struct p2p__kad_want want = {.goal = P2P__KAD_PUT,
                                 .key = p2p__slice_of("/any/a", 6),
                                 .value = p2p__slice_of("v", 1)};
    struct fixture *f = init();
    uint64_t number;

    (void)state;
    meet(f, 1);
    f->k.records.cfg.limits.bytes = 1;
    f->k.providers.cfg.limits.providers = 0;
    assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), 0);
    assert_int_equal(asked(f, 1).query, number);
    want.goal = P2P__KAD_PROVIDE;
    assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), 0);
    assert_int_equal(asked(f, 1).query, number);
    assert_int_equal(f->k.records.count + f->k.providers.count, 0);
    fini(f);
}

/* Meets so many, of whom nothing is said. */
static void meet_many(struct fixture *f, uint32_t n)
{
    for (uint32_t i = 1; i <= n; i++) {
        struct p2p__kad_peer peer = peer_of(i, false);

        peer.addrs.len = peer.addrs.count = 0;
        p2p__kad_met(&f->k, &peer, 1);
    }
}

/* How many are asked, of whom each fails. */
static unsigned all_fail(struct fixture *f, p2p_ns now)
{
    struct p2p__kad_ev ev;
    unsigned n = 0;

    while (p2p__kad_next(&f->k, &ev, now)) {
        if (ev.type == P2P__KAD_ASK) {
            const struct p2p_peer_id id = ev.peer->id;

            n++;
            p2p__kad_failed(&f->k, ev.query, &id, now);
        }
    }
    return n;
}

static void test_after_an_outage_there_is_somebody_to_ask(void **state)
{
    struct p2p__kad_want want = {.goal = P2P__KAD_FIND_PROVIDERS,
                                 .key = p2p__slice_of("a", 1)};
    struct fixture *f = init();
    uint64_t number;

    (void)state;
    meet_many(f, 10);
    assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), 0);
    assert_int_equal(all_fail(f, 1), 10);
    assert_int_equal(f->k.table.count, 10);
    assert_int_equal(p2p__kad_table_good(&f->k.table), 0);
    assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), 0);
    assert_int_equal(asked(f, 1).query, number);
    p2p__kad_cancel(&f->k, number);
    /* One that is back does not keep the others out. */
    meet_many(f, 1);
    assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), 0);
    assert_int_equal(all_fail(f, 1), 10);
    fini(f);
}

static void test_who_could_not_be_asked_is_as_good_as_before(void **state)
{
    struct p2p__kad_want want = {.goal = P2P__KAD_FIND_PROVIDERS,
                                 .key = p2p__slice_of("a", 1)};
    struct fixture *f = init();
    struct p2p__kad_ev ev;
    uint64_t number;
    p2p_ns now = 1;

    (void)state;
    meet(f, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(p2p__kad_start(&f->k, &want, &number, 1), 0);
        ev = asked(f, 1);
        p2p__kad_not_asked(&f->k, number, &ev.peer->id, 1);
        assert_true(p2p__kad_next(&f->k, &ev, 1)); /* the query ends */
        assert_int_equal(ev.type, P2P__KAD_DONE);
        assert_int_equal(p2p__kad_table_good(&f->k.table), 1);
    }
    /* Whether it is there is asked later. */
    for (int i = 0; i < 3;) {
        now = p2p__kad_deadline(&f->k);
        p2p__kad_expire(&f->k, now);
        while (p2p__kad_next(&f->k, &ev, now)) {
            i++;
            assert_int_equal(ev.type, P2P__KAD_ASK);
            p2p__kad_not_asked(&f->k, ev.query, &ev.peer->id, now);
        }
        assert_true(p2p__kad_deadline(&f->k) > now);
    }
    assert_int_equal(p2p__kad_table_good(&f->k.table), 1);
    fini(f);
}

static void test_who_is_silent_is_asked_whether_it_is_there(void **state)
{
    struct fixture *f = init();
    p2p_ns now = 1;
    int asks = 0;

    (void)state;
    meet(f, 1);
    while (f->k.table.count > 0 && now < P2P__SEC(7200)) {
        struct p2p__kad_ev ev;

        now = p2p__kad_deadline(&f->k);
        p2p__kad_expire(&f->k, now);
        while (p2p__kad_next(&f->k, &ev, now)) {
            assert_int_equal(ev.type, P2P__KAD_ASK);
            asks++;
        }
    }
    assert_int_equal(f->k.table.count, 0);
    assert_true(asks >= 2);
    fini(f);
}

/* So few that all are known: none is left out for ever. */
static void test_each_is_asked_in_the_course_of_time(void **state)
{
    const struct p2p__slice nobody = p2p__slice_of("\x08\x04", 2);
    struct fixture *f = init();
    unsigned asks[16] = {0}, all = 0;
    p2p_ns now = 1;

    (void)state;
    meet_many(f, 15);
    while (now < P2P__SEC(72 * 3600)) {
        struct p2p__kad_ev ev;

        p2p__kad_expire(&f->k, now);
        while (p2p__kad_next(&f->k, &ev, now)) {
            const struct p2p__kad_peer who = *ev.peer;

            assert_int_equal(ev.type, P2P__KAD_ASK);
            for (uint32_t i = 1; i <= 15 && !ev.check; i++) {
                const struct p2p_peer_id id = peer_of(i, false).id;

                asks[i] += p2p_peer_id_equal(&who.id, &id);
            }
            all += !ev.check;
            p2p__kad_answered(&f->k, ev.query, &who, nobody, now);
        }
        now = p2p__kad_deadline(&f->k);
    }
    for (uint32_t i = 1; i <= 15; i++) {
        assert_true(asks[i] > 0);
    }
    assert_true(all < 72 * 6); /* six each hour, or fewer */
    fini(f);
}

/* Answers "a" with "A", has no answer for "n", refuses others. */
static int answer(void *user, struct p2p__slice request, struct p2p__pbw *w,
                  p2p_ns now)
{
    size_t frame;

    (void)user;
    (void)now;
    if (request.p[0] == 'n') {
        return 1;
    }
    if (request.p[0] != 'a') {
        return P2P_EPROTO;
    }
    frame = p2p__pbw_open_frame(w);
    p2p__pbw_raw(w, "A", 1);
    p2p__pbw_close(w, frame);
    return 0;
}

static void begin(struct p2p__serve *s, uint32_t requests)
{
    const struct p2p__serve_cfg cfg = {.answer = answer,
                                       .cap = P2P__CAP_KAD_REQUEST_BYTES,
                                       .room = 16,
                                       .requests = requests,
                                       .pause = P2P__SEC(10)};

    p2p__serve_init(s, &cfg, 1);
}

/* Feeds bytes at once. */
static int say(struct p2p__serve *s, const char *bytes, size_t len, p2p_ns now)
{
    const struct p2p__slice in = p2p__slice_of(bytes, len);

    return p2p__serve_rx(s, &in, now);
}

static void test_requests_are_answered_in_turn(void **state)
{
    struct p2p__serve s;
    uint8_t out[32];
    struct proto_end end;

    (void)state;
    begin(&s, 100);
    proto_end_init(&end, &p2p__serve_ops, &s);
    assert_int_equal(say(&s, "\x01n\x01n\x01", 5, 1), 0);
    assert_int_equal(say(&s, "a", 1, P2P__SEC(5)), 0);
    assert_true(p2p__serve_deadline(&s) == P2P__SEC(15));
    assert_int_equal(proto_draw(&end, out, sizeof out, 2), 2);
    assert_memory_equal(out,
                        "\x01"
                        "A",
                        2);
    assert_int_equal(say(&s,
                         "\x01"
                         "a",
                         2, 2),
                     0);
    assert_int_equal(p2p__serve_fin(&s, 2), 0);
    assert_int_equal(proto_draw(&end, out, sizeof out, 2), 2);
    assert_true(end.finished);
    p2p__serve_fini(&s);
    /* One that comes before the answer to another went out. */
    begin(&s, 100);
    assert_int_equal(say(&s,
                         "\x01"
                         "a\x01n",
                         4, 1),
                     P2P_EPROTO);
    p2p__serve_fini(&s);
    begin(&s, 100);
    assert_int_equal(say(&s, "\x01z", 2, 1), P2P_EPROTO);
    p2p__serve_fini(&s);
    begin(&s, 100);
    assert_int_equal(say(&s,
                         "\x05"
                         "a",
                         2, 1),
                     0);
    assert_int_equal(p2p__serve_fin(&s, 1), P2P_EPROTO);
    assert_int_equal(p2p__serve_expire(&s, P2P__SEC(9)), 0);
    assert_int_equal(p2p__serve_expire(&s, P2P__SEC(11)), P2P_ETIMEDOUT);
    p2p__serve_fini(&s);
}

static void test_T32_requests_have_caps(void **state)
{
    struct p2p__serve s;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_REQUEST_BYTES, 16384);
    assert_int_equal(P2P__CAP_KAD_REQUESTS, 4096);
    begin(&s, P2P__CAP_KAD_REQUESTS);
    for (int i = 0; i < 4096; i++) {
        assert_int_equal(say(&s, "\x01n", 2, 1), 0);
    }
    assert_int_equal(say(&s, "\x01n", 2, 1), P2P_ELIMIT);
    p2p__serve_fini(&s);
    begin(&s, 1);
    assert_int_equal(say(&s, "\x81\x80\x01", 3, 1), P2P_ETOOBIG);
    p2p__serve_fini(&s);
}

/* Answers a question with n providers from a number on. */
static void provide(struct fixture *f, const struct p2p__kad_ev *ev,
                    uint32_t first, uint32_t n)
{
    const struct p2p__kad_msg head = {.type = P2P__KAD_GET_PROVIDERS};
    const struct p2p__kad_peer from = *ev->peer;
    const struct p2p__kad_addrs none = {0};
    size_t frame, skip = 1;

    p2p__pbw_init(&f->w, f->bytes, sizeof f->bytes);
    frame = p2p__kad_msg_open(&f->w, &head);
    for (uint32_t i = 0; i < n; i++) {
        const struct p2p_peer_id id = made_peer(first + i);

        p2p__kad_msg_peer(&f->w, P2P__KAD_PROVIDERS, &id, &none);
    }
    p2p__pbw_close(&f->w, frame);
    for (; (f->bytes[skip - 1] & 0x80) != 0; skip++) {
    }
    p2p__kad_answered(&f->k, ev->query, &from,
                      p2p__slice_of(f->bytes + skip, f->w.len - skip), 1);
}

static const struct p2p__kad_want providers = {
    .goal = P2P__KAD_FIND_PROVIDERS,
    .key = {(uint8_t[]){'c'}, 1, NULL}};

/* Answers with providers that are made up, many and others each time. */
static void test_T32_what_one_query_finds_has_a_cap(void **state)
{
    struct fixture *f = init();
    uint32_t made = 10000, found = 0;
    struct p2p__kad_ev ev;
    uint64_t number;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_FOUND, 128);
    meet_many(f, 20);
    assert_int_equal(p2p__kad_start(&f->k, &providers, &number, 1), 0);
    while (p2p__kad_next(&f->k, &ev, 1) && ev.type != P2P__KAD_DONE) {
        if (ev.type == P2P__KAD_PROVIDER) {
            found++;
        } else {
            provide(f, &ev, made, 64);
            made += 64;
        }
    }
    assert_int_equal(found, 128);
    assert_int_equal(ev.count, 128);
    fini(f);
}

static void test_T32_few_who_make_up_providers_hide_none(void **state)
{
    const struct p2p_peer_id honest = made_peer(31337);
    struct fixture *f = init();
    struct p2p__kad_ev ev;
    uint32_t asks = 0, found = 0;
    uint64_t number;
    bool seen = false;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_FOUND_BY, 8);
    meet_many(f, 18);
    assert_int_equal(p2p__kad_start(&f->k, &providers, &number, 1), 0);
    while (p2p__kad_next(&f->k, &ev, 1) && ev.type != P2P__KAD_DONE) {
        if (ev.type == P2P__KAD_PROVIDER) {
            found++;
            seen = seen || p2p_peer_id_equal(&ev.peer->id, &honest);
        } else if (++asks <= 10) { /* lies */
            provide(f, &ev, 100000 + asks * 64, 64);
        } else {
            provide(f, &ev, 31337, 1);
        }
    }
    assert_int_equal(asks, 18);
    assert_true(seen);
    assert_int_equal(found, 10 * 8 + 1);
    fini(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearer_peers_are_told),
        cmocka_unit_test(test_values_are_kept_and_given),
        cmocka_unit_test(test_T32_nobody_provides_for_another),
        cmocka_unit_test(test_what_makes_no_sense_is_refused),
        cmocka_unit_test(test_T32_answers_are_pages),
        cmocka_unit_test(test_the_best_value_is_found_and_mended),
        cmocka_unit_test(test_queries_have_limits),
        cmocka_unit_test(test_T32_what_is_ours_needs_no_room_here),
        cmocka_unit_test(test_after_an_outage_there_is_somebody_to_ask),
        cmocka_unit_test(test_who_could_not_be_asked_is_as_good_as_before),
        cmocka_unit_test(test_who_is_silent_is_asked_whether_it_is_there),
        cmocka_unit_test(test_each_is_asked_in_the_course_of_time),
        cmocka_unit_test(test_requests_are_answered_in_turn),
        cmocka_unit_test(test_T32_requests_have_caps),
        cmocka_unit_test(test_T32_what_one_query_finds_has_a_cap),
        cmocka_unit_test(test_T32_few_who_make_up_providers_hide_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

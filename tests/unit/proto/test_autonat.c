/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* AutoNAT's streams: each end of v1 and v2, and of a dial back. */
#include "made_peer.h"
#include "proto/autonat/back.h"
#include "proto/autonat/client_v2.h"
#include "proto/autonat/server_v1.h"
#include "proto/autonat/server_v2.h"
#include "proto_pair.h"
#include "unit.h"

#define NONCE UINT64_C(0x0123456789abcdef)

static const struct p2p__autonat_talk_cfg plain;

static struct p2p_multiaddr maddr(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

/* Runs a body under all plans. */
static void rounds(void (*body)(struct chunker *plan))
{
    for (size_t i = 0; i < CHUNK_PLANS * 4; i++) {
        struct chunker plan;

        chunker_init(&plan, (enum chunk_plan)(i % CHUNK_PLANS), i);
        body(&plan);
    }
}

/* What a server does when it is asked. */
struct service {
    struct p2p__autonat_server_v2 core;
    uint32_t charge; /* bytes; 0: nothing */
    enum p2p__autonat_v2_status status;
    uint32_t index;
    enum p2p__autonat_v2_dial dial;
    uint64_t nonce;
    unsigned asked, paid;
};

static void serve(struct service *s)
{
    const enum p2p__autonat_server_v2_ev ev =
        p2p__autonat_server_v2_next(&s->core);

    if (ev == P2P__AUTONAT_SERVER_NOTHING) {
        return;
    }
    if (ev == P2P__AUTONAT_SERVER_ASKED) {
        s->asked++;
        s->nonce = s->core.request.nonce;
        if (s->charge > 0) {
            p2p__autonat_server_v2_charge(&s->core, s->index, s->charge);
            return;
        }
    } else {
        s->paid++;
    }
    p2p__autonat_server_v2_answer(&s->core, s->status, s->index, s->dial);
}

static void client_init(struct p2p__autonat_client_v2 *c)
{
    const struct p2p_multiaddr addrs[] = {maddr("/ip4/192.0.2.1/tcp/1"),
                                          maddr("/ip4/192.0.2.2/tcp/2")};
    const struct p2p__autonat_client_v2_cfg cfg = {
        .addrs = addrs, .n_addrs = 2, .nonce = NONCE};

    assert_int_equal(p2p__autonat_client_v2_init(c, &cfg, 1), 0);
}

/* A request over a stream that cuts; what the client made of it. */
static int request(struct service *s, struct p2p__autonat_client_v2 *c,
                   struct chunker *plan, size_t *bytes)
{
    struct proto_end a, b;
    bool moved = true;

    p2p__autonat_server_v2_init(&s->core, &plain, 1);
    client_init(c);
    proto_end_init(&a, &p2p__autonat_client_v2_ops, c);
    proto_end_init(&b, &p2p__autonat_server_v2_ops, &s->core);
    *bytes = 0;
    while (moved) {
        moved = proto_move(&a, &b, plan, 700, 1);
        *bytes += moved ? 1 : 0;
        serve(s);
        moved = proto_move(&b, &a, plan, 50, 1) || moved;
    }
    p2p__autonat_server_v2_fini(&s->core);
    return b.err != 0 ? b.err : a.err;
}

static void v2_round(struct chunker *plan)
{
    struct service s = {.status = P2P__AUTONAT_V2_OK,
                        .index = 1,
                        .dial = P2P__AUTONAT_V2_DIAL_OK};
    const uint32_t charges[] = {0, 1, 3999, 4000, 4001, 30000, 100000};
    const struct p2p__autonat_v2_msg *answer;
    struct p2p__autonat_client_v2 c;
    size_t moves;

    for (size_t i = 0; i < P2P__COUNT(charges); i++) {
        s.charge = charges[i];
        s.asked = s.paid = 0;
        assert_int_equal(request(&s, &c, plan, &moves), 0);
        assert_int_equal(s.asked, 1);
        assert_int_equal(s.paid, charges[i] > 0 ? 1 : 0);
        assert_true(s.nonce == NONCE);
        assert_true(moves * 700 >= charges[i]);
        answer = p2p__autonat_client_v2_next(&c);
        assert_non_null(answer);
        assert_int_equal(answer->status, P2P__AUTONAT_V2_OK);
        assert_int_equal(answer->index, 1);
        assert_int_equal(answer->dial, P2P__AUTONAT_V2_DIAL_OK);
        assert_null(p2p__autonat_client_v2_next(&c));
        assert_true(p2p__autonat_client_v2_deadline(&c) ==
                    1 + P2P__AUTONAT_LINGER);
        p2p__autonat_client_v2_fini(&c);
    }
}

static void test_a_request_is_paid_and_answered(void **state)
{
    (void)state;
    rounds(v2_round);
}

/* What a client says to bytes of a server, its request being written. */
static int client_hears(const void *bytes, size_t len)
{
    struct p2p__autonat_client_v2 c;
    struct chunker plan = {0};
    struct proto_end e;
    uint8_t out[256];
    int rv;

    client_init(&c);
    proto_end_init(&e, &p2p__autonat_client_v2_ops, &c);
    assert_true(proto_draw(&e, out, sizeof out, 1) > 0);
    rv = proto_feed(&e, bytes, len, &plan, 1);
    p2p__autonat_client_v2_fini(&c);
    return rv;
}

static size_t v2_bytes(uint8_t *buf, size_t cap,
                       const struct p2p__autonat_v2_msg *msg)
{
    struct p2p__pbw w;

    p2p__pbw_init(&w, buf, cap);
    p2p__autonat_v2_write(&w, msg);
    assert_true(p2p__pbw_end(&w) > 0);
    return w.len;
}

static void test_T34_a_client_does_not_pay_what_is_too_much(void **state)
{
    struct p2p__autonat_v2_msg msg = {.type = P2P__AUTONAT_V2_DATA_REQUEST,
                                      .bytes = 100000};
    uint8_t buf[64];

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_DATA_BYTES, 100000);
    assert_int_equal(client_hears(buf, v2_bytes(buf, sizeof buf, &msg)), 0);
    msg.bytes = 100001;
    assert_int_equal(client_hears(buf, v2_bytes(buf, sizeof buf, &msg)),
                     P2P_ELIMIT);
    msg.bytes = 1;
    msg.index = 2; /* it has 0 and 1 */
    assert_int_equal(client_hears(buf, v2_bytes(buf, sizeof buf, &msg)),
                     P2P_EPROTO);
}

static void test_a_server_pays_twice_for_nothing(void **state)
{
    const struct p2p__autonat_v2_msg msg = {
        .type = P2P__AUTONAT_V2_DATA_REQUEST, .bytes = 30000};
    uint8_t buf[64];
    size_t n = v2_bytes(buf, sizeof buf, &msg);

    (void)state;
    memcpy(buf + n, buf, n);
    assert_int_equal(client_hears(buf, 2 * n), P2P_EPROTO);
}

static void test_an_answer_is_about_what_was_asked(void **state)
{
    struct p2p__autonat_v2_msg msg = {.type = P2P__AUTONAT_V2_RESPONSE,
                                      .status = P2P__AUTONAT_V2_OK,
                                      .index = 2,
                                      .dial = P2P__AUTONAT_V2_DIAL_OK};
    static const uint8_t empty[] = {1, 0}, no_field[] = {2, 5 << 3, 0};
    uint8_t buf[64];

    (void)state;
    assert_int_equal(client_hears(buf, v2_bytes(buf, sizeof buf, &msg)),
                     P2P_EPROTO);
    msg.status = P2P__AUTONAT_V2_DIAL_REFUSED; /* without an index */
    assert_int_equal(client_hears(buf, v2_bytes(buf, sizeof buf, &msg)), 0);
    assert_int_equal(client_hears(empty, sizeof empty), P2P_EFORMAT);
    assert_int_equal(client_hears(no_field, sizeof no_field), P2P_EFORMAT);
}

static void test_a_server_that_is_silent_is_given_up(void **state)
{
    struct p2p__autonat_client_v2 c;
    p2p_ns at;

    (void)state;
    client_init(&c);
    at = p2p__autonat_client_v2_deadline(&c);
    assert_true(at > 1 && at <= P2P__SEC(60));
    assert_int_equal(p2p__autonat_client_v2_expire(&c, at - 1), 0);
    assert_int_equal(p2p__autonat_client_v2_expire(&c, at), P2P_ETIMEDOUT);
    assert_int_equal(p2p__autonat_client_v2_fin(&c, at), P2P_EPROTO);
    p2p__autonat_client_v2_fini(&c);
}

/* A server that has been asked, and charges. */
static void server_charges(struct p2p__autonat_server_v2 *s,
                           struct proto_end *e, uint32_t bytes)
{
    const struct p2p_multiaddr ma = maddr("/ip4/192.0.2.1/tcp/1");
    struct chunker plan = {0};
    struct p2p__pbw w;
    uint8_t buf[256];

    p2p__autonat_server_v2_init(s, &plain, 1);
    proto_end_init(e, &p2p__autonat_server_v2_ops, s);
    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__autonat_v2_write_request(&w, &ma, 1, NONCE);
    assert_int_equal(proto_feed(e, buf, w.len, &plan, 1), 0);
    assert_int_equal(p2p__autonat_server_v2_next(s), P2P__AUTONAT_SERVER_ASKED);
    p2p__autonat_server_v2_charge(s, 0, bytes);
}

/* Pays with a message of so many bytes. */
static int pay(struct proto_end *e, size_t bytes)
{
    static uint8_t buf[5000];
    struct chunker plan = {0};
    struct p2p__pbw w;

    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__autonat_v2_write_data_head(&w, bytes);
    assert_true(w.len + bytes <= sizeof buf);
    memset(buf + w.len, 0, bytes);
    return proto_feed(e, buf, w.len + bytes, &plan, 1);
}

static void test_T34_nothing_is_dialed_before_it_is_paid(void **state)
{
    struct p2p__autonat_server_v2 s;
    struct proto_end e;
    uint8_t out[64];

    (void)state;
    server_charges(&s, &e, 30000);
    assert_true(proto_draw(&e, out, sizeof out, 1) > 0);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(pay(&e, 4000), 0);
        assert_int_equal(p2p__autonat_server_v2_next(&s),
                         P2P__AUTONAT_SERVER_NOTHING);
    }
    assert_int_equal(pay(&e, 1999), 0);
    assert_int_equal(p2p__autonat_server_v2_next(&s),
                     P2P__AUTONAT_SERVER_NOTHING);
    assert_int_equal(pay(&e, 1), 0); /* the last one may be small */
    assert_int_equal(p2p__autonat_server_v2_next(&s), P2P__AUTONAT_SERVER_PAID);
    assert_int_equal(pay(&e, 4000), P2P_EPROTO);
    p2p__autonat_server_v2_fini(&s);
}

static void test_T34_small_change_is_not_taken(void **state)
{
    struct p2p__autonat_server_v2 s;
    struct proto_end e;
    uint8_t out[64];

    (void)state;
    server_charges(&s, &e, 30000);
    assert_true(proto_draw(&e, out, sizeof out, 1) > 0);
    assert_int_equal(pay(&e, 100), 0);
    assert_int_equal(pay(&e, 99), P2P_EPROTO);
    p2p__autonat_server_v2_fini(&s);
}

static void test_who_pays_before_he_is_told_is_no_client(void **state)
{
    struct p2p__autonat_server_v2 s;
    struct proto_end e;

    (void)state;
    server_charges(&s, &e, 4000); /* and it is not written yet */
    assert_int_equal(pay(&e, 4000), P2P_EPROTO);
    p2p__autonat_server_v2_fini(&s);
}

static void test_who_does_not_pay_is_given_up(void **state)
{
    struct p2p__autonat_server_v2 s;
    struct proto_end e;
    p2p_ns at;

    (void)state;
    server_charges(&s, &e, 30000);
    at = p2p__autonat_server_v2_deadline(&s);
    assert_true(at == 1 + P2P__AUTONAT_TIMEOUT);
    assert_int_equal(p2p__autonat_server_v2_expire(&s, at), P2P_ETIMEDOUT);
    assert_int_equal(p2p__autonat_server_v2_fin(&s, at), P2P_EPROTO);
    p2p__autonat_server_v2_fini(&s);
}

static int server_hears(const void *bytes, size_t len)
{
    struct p2p__autonat_server_v2 s;
    struct chunker plan = {0};
    struct proto_end e;
    int rv;

    p2p__autonat_server_v2_init(&s, &plain, 1);
    proto_end_init(&e, &p2p__autonat_server_v2_ops, &s);
    rv = proto_feed(&e, bytes, len, &plan, 1);
    p2p__autonat_server_v2_fini(&s);
    return rv;
}

static void test_T34_messages_have_a_cap(void **state)
{
    static const uint8_t head[] = {0x81, 0x40}; /* 8193 bytes follow */
    static const uint8_t back_head[] = {0x81, 8};
    const struct p2p__slice in = p2p__slice_of(head, sizeof head);
    const struct p2p__slice back_in =
        p2p__slice_of(back_head, sizeof back_head);
    struct p2p__autonat_server_v1 v1;
    struct p2p__autonat_back back;

    (void)state;
    assert_int_equal(P2P__CAP_AUTONAT_MESSAGE_BYTES, 8192);
    assert_int_equal(P2P__CAP_AUTONAT_BACK_BYTES, 1024);
    assert_int_equal(server_hears(head, sizeof head), P2P_ETOOBIG);
    assert_int_equal(client_hears(head, sizeof head), P2P_ETOOBIG);
    p2p__autonat_server_v1_init(&v1, &plain, 1);
    assert_int_equal(p2p__autonat_server_v1_rx(&v1, &in, 1), P2P_ETOOBIG);
    p2p__autonat_server_v1_fini(&v1);
    p2p__autonat_back_hear(&back, &plain, 1);
    assert_int_equal(p2p__autonat_back_rx(&back, &back_in, 1), P2P_ETOOBIG);
    p2p__autonat_back_fini(&back);
}

static void test_what_is_no_request_ends_it(void **state)
{
    const struct p2p__autonat_v2_msg answer = {.type =
                                                   P2P__AUTONAT_V2_RESPONSE};
    uint8_t buf[64];

    (void)state;
    assert_int_equal(server_hears(buf, v2_bytes(buf, sizeof buf, &answer)),
                     P2P_EPROTO);
}

/* A request for /ip4/192.0.2.1/tcp/1, nonce 1, as go writes it. */
static void test_the_bytes_of_others(void **state)
{
    static const uint8_t v2[] = {0x15, 0x0a, 0x13, 0x0a, 8, 4, 192, 0, 2, 1, 6,
                                 0,    1,    0x11, 1,    0, 0, 0,   0, 0, 0, 0};
    struct p2p__autonat_walk walk;
    struct p2p__autonat_v2_msg msg;
    struct p2p_multiaddr ma;
    struct p2p__pbw w;
    uint8_t buf[64];

    (void)state;
    assert_int_equal(
        p2p__autonat_v2_read(p2p__slice_of(v2 + 1, sizeof v2 - 1), &msg), 0);
    assert_int_equal(msg.type, P2P__AUTONAT_V2_REQUEST);
    assert_int_equal(msg.nonce, 1);
    p2p__autonat_walk_init(&walk, &msg.addrs);
    assert_int_equal(p2p__autonat_walk_next(&walk, &ma), 0);
    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__autonat_v2_write_request(&w, &ma, 1, 1);
    assert_int_equal(w.len, sizeof v2);
    assert_memory_equal(buf, v2, sizeof v2);
    assert_true(p2p__autonat_walk_next(&walk, &ma) < 0);
}

static void test_what_is_no_address_keeps_its_place(void **state)
{
    static const uint8_t fields[] = {0x0a, 1, 0xff, 0x0a, 7, 4, 192, 0, 2, 1, 6,
                                     0,
                                     /* malformed behind its length */
                                     1, 0x0a, 8};
    const struct p2p__autonat_told told = {
        .fields = p2p__slice_of(fields, sizeof fields), .field = 1};
    struct p2p__autonat_walk walk;
    struct p2p_multiaddr ma;

    (void)state;
    p2p__autonat_walk_init(&walk, &told);
    assert_int_equal(p2p__autonat_walk_next(&walk, &ma), 0);
    assert_int_equal(ma.len, 0);
    assert_int_equal(p2p__autonat_walk_next(&walk, &ma), 1);
    assert_true(p2p__autonat_walk_next(&walk, &ma) < 0);
}

/* v1 both ways, the client being the fields alone. */
static void v1_round(struct chunker *plan)
{
    const struct p2p_multiaddr addrs[] = {
        maddr("/ip4/192.0.2.1/tcp/1"), maddr("/ip4/192.0.2.2/udp/2/quic-v1")};
    const struct p2p_peer_id self = made_peer(1);
    const struct p2p__autonat_v1_msg *asked;
    struct p2p__autonat_server_v1 s;
    struct p2p__autonat_v1_msg msg;
    struct p2p__autonat_walk walk;
    struct p2p_multiaddr ma;
    struct p2p__pbw w;
    struct proto_end e;
    uint8_t buf[256];
    size_t n;

    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__autonat_v1_write_dial(&w, &self, addrs, 2);
    p2p__autonat_server_v1_init(&s, &plain, 1);
    proto_end_init(&e, &p2p__autonat_server_v1_ops, &s);
    assert_int_equal(proto_feed(&e, buf, w.len, plan, 1), 0);
    asked = p2p__autonat_server_v1_next(&s);
    assert_non_null(asked);
    assert_null(p2p__autonat_server_v1_next(&s));
    assert_int_equal(asked->peer.len, self.len);
    assert_memory_equal(asked->peer.p, self.bytes, self.len);
    p2p__autonat_walk_init(&walk, &asked->addrs);
    assert_int_equal(p2p__autonat_walk_next(&walk, &ma), 0);
    assert_int_equal(p2p__autonat_walk_next(&walk, &ma), 1);
    assert_true(p2p_multiaddr_equal(&ma, &addrs[1]));
    assert_true(p2p__autonat_server_v1_deadline(&s) == P2P_NEVER);
    p2p__autonat_server_v1_answer(&s, P2P__AUTONAT_V1_OK, &addrs[1]);
    n = proto_draw(&e, buf, sizeof buf, 1);
    assert_true(e.finished && n > 1 && buf[0] == n - 1);
    assert_int_equal(p2p__autonat_v1_read(p2p__slice_of(buf + 1, n - 1), &msg),
                     0);
    assert_int_equal(msg.type, P2P__AUTONAT_V1_RESPONSE);
    assert_int_equal(msg.status, P2P__AUTONAT_V1_OK);
    assert_true(p2p_multiaddr_equal(&msg.addr, &addrs[1]));
    /* A peer that does not end its side loses the stream. */
    assert_true(p2p__autonat_server_v1_deadline(&s) == 1 + P2P__AUTONAT_LINGER);
    assert_int_equal(p2p__autonat_server_v1_expire(&s, P2P__SEC(6)),
                     P2P_ETIMEDOUT);
    p2p__autonat_server_v1_fini(&s);
}

static void test_v1_is_asked_and_answers(void **state)
{
    (void)state;
    rounds(v1_round);
}

static void test_v1_tells_why_not(void **state)
{
    static const enum p2p__autonat_v1_status all[] = {
        P2P__AUTONAT_V1_DIAL_ERROR, P2P__AUTONAT_V1_DIAL_REFUSED,
        P2P__AUTONAT_V1_BAD_REQUEST, P2P__AUTONAT_V1_INTERNAL_ERROR};
    struct p2p__autonat_v1_msg msg;
    struct p2p__pbw w;
    uint8_t buf[64];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(all); i++) {
        p2p__pbw_init(&w, buf, sizeof buf);
        p2p__autonat_v1_write_response(&w, all[i], NULL);
        assert_int_equal(
            p2p__autonat_v1_read(p2p__slice_of(buf + 1, w.len - 1), &msg), 0);
        assert_int_equal(msg.status, all[i]);
        assert_int_equal(msg.addr.len, 0);
    }
}

static void test_v1_takes_one_request(void **state)
{
    const struct p2p_peer_id self = made_peer(1);
    struct p2p__autonat_server_v1 s;
    struct p2p__slice in;
    struct p2p__pbw w;
    uint8_t buf[256];
    p2p_ns at;

    (void)state;
    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__autonat_v1_write_response(&w, P2P__AUTONAT_V1_OK, NULL);
    in = p2p__slice_of(buf, w.len);
    p2p__autonat_server_v1_init(&s, &plain, 1);
    at = p2p__autonat_server_v1_deadline(&s);
    assert_int_equal(p2p__autonat_server_v1_expire(&s, at), P2P_ETIMEDOUT);
    assert_int_equal(p2p__autonat_server_v1_fin(&s, 1), P2P_EPROTO);
    assert_int_equal(p2p__autonat_server_v1_rx(&s, &in, 1), P2P_EPROTO);
    p2p__autonat_server_v1_fini(&s);
    p2p__autonat_v1_write_dial(&w, &self, NULL, 0); /* behind the other */
    in = p2p__slice_of(buf + in.len, w.len - in.len);
    p2p__autonat_server_v1_init(&s, &plain, 1);
    assert_int_equal(p2p__autonat_server_v1_rx(&s, &in, 1), 0);
    assert_int_equal(p2p__autonat_server_v1_rx(&s, &in, 1), P2P_EPROTO);
    p2p__autonat_server_v1_fini(&s);
}

static void back_round(struct chunker *plan)
{
    struct p2p__autonat_back a, b;
    struct proto_end from, to;

    p2p__autonat_back_say(&a, &plain, NONCE, 1);
    p2p__autonat_back_hear(&b, &plain, 1);
    proto_end_init(&from, &p2p__autonat_back_ops, &a);
    proto_end_init(&to, &p2p__autonat_back_ops, &b);
    while (proto_move(&from, &to, plan, 3, 1)) {
    }
    assert_false(p2p__autonat_back_next(&a));
    assert_true(p2p__autonat_back_next(&b));
    assert_true(b.nonce == NONCE);
    p2p__autonat_back_answer(&b);
    while (proto_move(&to, &from, plan, 3, 1)) {
    }
    assert_true(p2p__autonat_back_next(&a));
    assert_true(from.finished && to.finished && from.err == 0 && to.err == 0);
    p2p__autonat_back_fini(&a);
    p2p__autonat_back_fini(&b);
}

static void test_a_nonce_comes_back(void **state)
{
    (void)state;
    rounds(back_round);
}

static void test_a_nonce_does_not_come(void **state)
{
    static const uint8_t none[] = {2, 8, 1};
    const struct p2p__slice in = p2p__slice_of(none, sizeof none);
    struct p2p__autonat_back b;
    p2p_ns at;

    (void)state;
    p2p__autonat_back_hear(&b, &plain, 1);
    at = p2p__autonat_back_deadline(&b);
    assert_int_equal(p2p__autonat_back_expire(&b, at), P2P_ETIMEDOUT);
    assert_int_equal(p2p__autonat_back_fin(&b, 1), P2P_EPROTO);
    assert_int_equal(p2p__autonat_back_rx(&b, &in, 1), P2P_EFORMAT);
    assert_false(p2p__autonat_back_next(&b));
    p2p__autonat_back_fini(&b);
    /* Who dialed takes the end of the stream for an answer: go sends none. */
    p2p__autonat_back_say(&b, &plain, NONCE, 1);
    assert_int_equal(p2p__autonat_back_fin(&b, 1), 0);
    assert_true(p2p__autonat_back_next(&b));
    p2p__autonat_back_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_paid_and_answered),
        cmocka_unit_test(test_T34_a_client_does_not_pay_what_is_too_much),
        cmocka_unit_test(test_a_server_pays_twice_for_nothing),
        cmocka_unit_test(test_an_answer_is_about_what_was_asked),
        cmocka_unit_test(test_a_server_that_is_silent_is_given_up),
        cmocka_unit_test(test_T34_nothing_is_dialed_before_it_is_paid),
        cmocka_unit_test(test_T34_small_change_is_not_taken),
        cmocka_unit_test(test_who_pays_before_he_is_told_is_no_client),
        cmocka_unit_test(test_who_does_not_pay_is_given_up),
        cmocka_unit_test(test_T34_messages_have_a_cap),
        cmocka_unit_test(test_what_is_no_request_ends_it),
        cmocka_unit_test(test_the_bytes_of_others),
        cmocka_unit_test(test_what_is_no_address_keeps_its_place),
        cmocka_unit_test(test_v1_is_asked_and_answers),
        cmocka_unit_test(test_v1_tells_why_not),
        cmocka_unit_test(test_v1_takes_one_request),
        cmocka_unit_test(test_a_nonce_comes_back),
        cmocka_unit_test(test_a_nonce_does_not_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

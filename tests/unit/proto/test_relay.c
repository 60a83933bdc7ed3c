/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hop and stop, both ends. Spec: libp2p circuit relay v2. */
#include "chunker.h"
#include "hex.h"
#include "marked.h"
#include "proto/relay/answer.h"
#include "proto/relay/ask.h"
#include "unit.h"

#define PEER                                                           \
    "0024080112200000000000000000000000000000000000000000000000000000" \
    "00000000000a"

static struct p2p_peer_id some_peer(void)
{
    uint8_t bytes[P2P_PEER_ID_MAX];
    struct p2p_peer_id id;

    assert_int_equal(
        p2p_peer_id_from_bytes(bytes, unhex(PEER, bytes, sizeof bytes), &id),
        0);
    return id;
}

static void assert_frame(enum p2p__relay_kind kind,
                         const struct p2p__relay_msg *msg, const char *hex)
{
    uint8_t buf[1024];
    struct p2p__pbw w;

    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__relay_msg_write(&w, kind, msg);
    assert_hex(buf, (size_t)p2p__pbw_end(&w), hex);
}

static void test_messages_are_those_of_the_spec(void **state)
{
    struct p2p__relay_msg msg = {.type = P2P__RELAY_RESERVE};

    (void)state;
    assert_frame(P2P__RELAY_HOP, &msg, "02 0800");
    msg = (struct p2p__relay_msg){.type = P2P__RELAY_CONNECT,
                                  .peer = some_peer()};
    assert_frame(P2P__RELAY_HOP, &msg, "2c 0801 1228 0a26" PEER);
    msg.limit = (struct p2p__relay_limit){
        .given = true, .duration_s = 120, .data_bytes = 131072};
    assert_frame(P2P__RELAY_STOP, &msg,
                 "34 0800 1228 0a26" PEER "1a06 0878 10808008");
    msg = (struct p2p__relay_msg){.type = P2P__RELAY_STATUS, .status = 204};
    assert_frame(P2P__RELAY_HOP, &msg, "05 0802 28cc01");
    assert_frame(P2P__RELAY_STOP, &msg, "05 0801 20cc01");
    msg.status = P2P__RELAY_OK;
    msg.reservation = (struct p2p__relay_reservation){
        .given = true, .expire_s = 7, .voucher = p2p__slice_of("abc", 3)};
    assert_frame(P2P__RELAY_HOP, &msg, "0d 0802 1a07 0807 1a03616263 2864");
}

static int read_hex(enum p2p__relay_kind kind, const char *hex,
                    struct p2p__relay_msg *msg, uint8_t buf[256])
{
    size_t len = unhex(hex, buf, 256);

    return p2p__relay_msg_read(kind, p2p__slice_of(buf, len), msg);
}

static void test_what_is_malformed_is_refused(void **state)
{
    static const char *const bad[] = {"08",          "1203 0a0100", "1200",
                                      "1202 0a00",   "1a02 0a05",   "2202 0aff",
                                      "0801 1201 08"};
    struct p2p__relay_msg msg;
    uint8_t buf[256];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        assert_int_equal(read_hex(P2P__RELAY_HOP, bad[i], &msg, buf),
                         P2P_EFORMAT);
    }
    /* A type that nobody knows is a message all the same; none is RESERVE. */
    assert_int_equal(read_hex(P2P__RELAY_HOP, "0809", &msg, buf), 0);
    assert_int_equal(msg.type, P2P__RELAY_UNKNOWN);
    assert_int_equal(read_hex(P2P__RELAY_HOP, "", &msg, buf), 0);
    assert_int_equal(msg.type, P2P__RELAY_RESERVE);
    assert_int_equal(read_hex(P2P__RELAY_STOP, "0802", &msg, buf), 0);
    assert_int_equal(msg.type, P2P__RELAY_UNKNOWN);
}

static void test_addresses_of_a_reservation_have_a_cap(void **state)
{
    struct p2p_multiaddr addrs[24], ma;
    static const char text[] = "/ip4/192.0.2.1/tcp/4901";
    struct p2p__relay_msg msg = {.type = P2P__RELAY_STATUS}, back;
    uint8_t buf[2048];
    struct p2p__relay_walk walk;
    struct p2p__pbw w;
    size_t n = 0;

    (void)state;
    assert_int_equal(P2P__CAP_RELAY_ADDRS, 4);
    for (size_t i = 0; i < P2P__COUNT(addrs); i++) {
        assert_int_equal(
            p2p_multiaddr_from_text(text, sizeof text - 1, &addrs[i]), 0);
    }
    msg.reservation = (struct p2p__relay_reservation){
        .given = true, .addrs = addrs, .n_addrs = 24};
    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__relay_msg_write(&w, P2P__RELAY_HOP, &msg);
    assert_int_equal(
        p2p__relay_msg_read(P2P__RELAY_HOP, p2p__slice_of(buf + 2, w.len - 2),
                            &back),
        0);
    p2p__relay_walk_init(&walk, &back.reservation);
    while (p2p__relay_next_addr(&walk, &ma)) {
        assert_true(p2p_multiaddr_equal(&ma, &addrs[0]));
        n++;
    }
    assert_int_equal(n, 4);
}

/* How many addresses are read of a reservation with one of so many bytes. */
static int read_long(size_t bytes)
{
    uint8_t buf[256], addr[200] = {53};
    struct p2p__relay_reservation r = {.given = true};
    struct p2p__relay_walk walk;
    struct p2p_multiaddr ma;
    struct p2p__pbw w;

    addr[1] = (uint8_t)(bytes - 2); /* /dns/NAME, below 128 bytes of name */
    memset(addr + 2, 'a', bytes - 2);
    for (size_t i = 30; i < bytes; i += 30) {
        addr[i] = '.';
    }
    p2p__pbw_init(&w, buf, sizeof buf);
    p2p__pbw_bytes(&w, 2, addr, bytes);
    r.fields = p2p__slice_of(buf, w.len);
    p2p__relay_walk_init(&walk, &r);
    return p2p__relay_next_addr(&walk, &ma) ? 1 : 0;
}

static void test_T34_addresses_of_a_relay_are_short(void **state)
{
    (void)state;
    assert_int_equal(P2P__CAP_RELAY_ADDR_BYTES, 128);
    assert_int_equal(read_long(128), 1);
    assert_int_equal(read_long(129), 0);
}

static void test_each_status_has_a_meaning(void **state)
{
    static const struct {
        uint64_t status;
        int err;
        const char *text;
    } rows[] = {{100, 0, "ok"},
                {200, P2P_ELIMIT, "reservation refused"},
                {201, P2P_ELIMIT, "resource limit exceeded"},
                {202, P2P_EACCES, "permission denied"},
                {203, P2P_EUNREACH, "connection failed"},
                {204, P2P_ENOTFOUND, "no reservation"},
                {400, P2P_EPROTO, "malformed message"},
                {401, P2P_EPROTO, "unexpected message"},
                {0, P2P_EPROTO, "unknown status"},
                {UINT64_MAX, P2P_EPROTO, "unknown status"}};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(rows); i++) {
        assert_int_equal(p2p__relay_error(rows[i].status), rows[i].err);
        assert_string_equal(p2p__relay_status_text(rows[i].status),
                            rows[i].text);
    }
}

struct pair {
    struct p2p__relay_ask ask;
    struct p2p__relay_answer answer;
    struct p2p__quota quota;
    struct marked asks, answers;
};

static void pair_init(struct pair *p, enum p2p__relay_kind kind,
                      const struct p2p__relay_msg *request)
{
    const struct p2p__relay_ask_cfg ask = {.kind = kind,
                                           .request = request,
                                           .quota = &p->quota,
                                           .owner = &p->asks.job};
    const struct p2p__relay_answer_cfg answer = {
        .kind = kind, .quota = &p->quota, .owner = &p->answers.job};

    marked_init(&p->asks);
    marked_init(&p->answers);
    p2p__quota_init(&p->quota, NULL, "conn");
    p2p__relay_ask_init(&p->ask, &ask, 0);
    p2p__relay_answer_init(&p->answer, &answer, 0);
}

static void pair_fini(struct pair *p)
{
    p2p__relay_ask_fini(&p->ask);
    p2p__relay_answer_fini(&p->answer);
    p2p__quota_fini(&p->quota);
}

/* Hands bytes over in pieces; how many were not taken. */
static size_t hand(int (*rx)(void *core, struct p2p__slice *in), void *core,
                   struct chunker *plan, struct p2p__slice all)
{
    while (all.len > 0) {
        struct p2p__slice piece = {.p = all.p,
                                   .len = chunker_next(plan, all.len)};
        size_t len = piece.len;

        assert_int_equal(rx(core, &piece), 0);
        p2p__slice_skip(&all, len - piece.len);
        if (piece.len > 0) {
            break;
        }
    }
    return all.len;
}

static int ask_rx(void *core, struct p2p__slice *in)
{
    return p2p__relay_ask_rx(core, in);
}

static int answer_rx(void *core, struct p2p__slice *in)
{
    return p2p__relay_answer_rx(core, in);
}

static void run_connect(enum p2p__relay_kind kind, struct chunker *plan,
                        size_t room)
{
    const struct p2p__relay_msg request = {.type = P2P__RELAY_CONNECT,
                                           .peer = some_peer()};
    const struct p2p__relay_msg ok = {
        .type = P2P__RELAY_STATUS,
        .status = P2P__RELAY_OK,
        .limit = {.given = true, .duration_s = 9}};
    uint8_t buf[256];
    struct p2p__outbuf out = {.p = buf, .cap = 0};
    const struct p2p__relay_msg *got;
    struct pair p;

    pair_init(&p, kind, &request);
    assert_true(marked_taken(&p.asks));
    for (int i = 0; i < 64; i++) {
        out.cap = p2p__min(out.len + room, sizeof buf);
        p2p__relay_ask_tx(&p.ask, &out);
    }
    memcpy(buf + out.len, "early", 5);
    assert_int_equal(
        hand(answer_rx, &p.answer, plan, p2p__slice_of(buf, out.len + 5)), 5);
    got = p2p__relay_answer_next(&p.answer);
    assert_non_null(got);
    assert_null(p2p__relay_answer_next(&p.answer));
    assert_int_equal(got->type, P2P__RELAY_CONNECT);
    assert_true(p2p_peer_id_equal(&got->peer, &request.peer));
    assert_false(p2p__relay_answer_is_said(&p.answer));
    assert_int_equal(p2p__relay_answer_say(&p.answer, &ok), 0);
    assert_true(marked_taken(&p.answers));
    out = (struct p2p__outbuf){.p = buf, .cap = sizeof buf};
    p2p__relay_answer_tx(&p.answer, &out);
    assert_true(p2p__relay_answer_is_said(&p.answer));
    memcpy(buf + out.len, "late", 4);
    assert_int_equal(
        hand(ask_rx, &p.ask, plan, p2p__slice_of(buf, out.len + 4)), 4);
    assert_true(p2p__relay_ask_is_answered(&p.ask));
    got = p2p__relay_ask_next(&p.ask);
    assert_non_null(got);
    assert_int_equal(got->status, P2P__RELAY_OK);
    assert_true(got->limit.given && got->limit.duration_s == 9);
    assert_true(p2p__relay_ask_deadline(&p.ask) == P2P_NEVER);
    assert_true(p2p__relay_answer_deadline(&p.answer) == P2P_NEVER);
    pair_fini(&p);
}

static void test_what_follows_is_the_circuits(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHUNK_PLANS * 8; i++) {
        struct chunker c;

        chunker_init(&c, (enum chunk_plan)(i % CHUNK_PLANS), i);
        run_connect(i % 2 == 0 ? P2P__RELAY_HOP : P2P__RELAY_STOP, &c, 1 + i);
    }
}

static void assert_refused(enum p2p__relay_kind kind, const char *request,
                           const char *answer)
{
    const struct p2p__relay_answer_cfg cfg = {.kind = kind};
    struct p2p__relay_answer a;
    struct p2p__slice in;
    struct p2p__outbuf out;
    uint8_t buf[256];

    p2p__relay_answer_init(&a, &cfg, 0);
    in = p2p__slice_of(buf, unhex(request, buf, sizeof buf));
    assert_int_equal(p2p__relay_answer_rx(&a, &in), 0);
    assert_null(p2p__relay_answer_next(&a));
    out = (struct p2p__outbuf){.p = buf, .cap = sizeof buf};
    p2p__relay_answer_tx(&a, &out);
    assert_hex(buf, out.len, answer);
    p2p__relay_answer_fini(&a);
}

static void test_what_is_no_request_is_told_so(void **state)
{
    (void)state;
    assert_refused(P2P__RELAY_HOP, "02 0801", "05 0802 289003"); /* no peer */
    assert_refused(P2P__RELAY_HOP, "01 08", "05 0802 289003");
    assert_refused(P2P__RELAY_HOP, "02 0802", "05 0802 289103"); /* a status */
    assert_refused(P2P__RELAY_HOP, "02 0805", "05 0802 289103");
    assert_refused(P2P__RELAY_STOP, "00 02 0805", "05 0801 209103");
    assert_refused(P2P__RELAY_STOP, "02 0801", "05 0801 209103");
}

static void test_an_answer_must_be_a_status(void **state)
{
    const struct p2p__relay_msg request = {.type = P2P__RELAY_RESERVE};
    uint8_t bytes[] = {2, 8, 1};
    struct p2p__slice in = p2p__slice_of(bytes, sizeof bytes);
    struct pair p;

    (void)state;
    pair_init(&p, P2P__RELAY_HOP, &request);
    assert_int_equal(p2p__relay_ask_rx(&p.ask, &in), P2P_EPROTO);
    assert_null(p2p__relay_ask_next(&p.ask));
    pair_fini(&p);
}

static void test_T34_messages_have_a_cap(void **state)
{
    const struct p2p__relay_msg request = {.type = P2P__RELAY_RESERVE};
    uint8_t most[] = {0x80, 0x20, 0x08}, more[] = {0x81, 0x20},
            endless[] = {0x80, 0x80, 0x80, 0x80, 0x01};
    struct p2p__slice in = p2p__slice_of(most, 2);
    struct pair p;

    (void)state;
    assert_int_equal(P2P__CAP_RELAY_MESSAGE_BYTES, 4096);
    pair_init(&p, P2P__RELAY_HOP, &request);
    assert_int_equal(p2p__relay_answer_rx(&p.answer, &in), 0);
    assert_int_equal(p.quota.used[P2P__Q_MEMORY], 0); /* a length alone */
    in = p2p__slice_of(more, sizeof more);
    assert_int_equal(p2p__relay_ask_rx(&p.ask, &in), P2P_ETOOBIG);
    pair_fini(&p);
    pair_init(&p, P2P__RELAY_HOP, &request);
    in = p2p__slice_of(endless, sizeof endless);
    assert_int_equal(p2p__relay_answer_rx(&p.answer, &in), P2P_EFORMAT);
    p.quota.limit[P2P__Q_MEMORY] = 255;
    in = p2p__slice_of(most, sizeof most);
    assert_int_equal(p2p__relay_ask_rx(&p.ask, &in), P2P_ELIMIT);
    pair_fini(&p);
}

static void test_who_says_nothing_is_given_up(void **state)
{
    const struct p2p__relay_msg request = {.type = P2P__RELAY_RESERVE};
    struct pair p;

    (void)state;
    pair_init(&p, P2P__RELAY_HOP, &request);
    assert_true(p2p__relay_ask_deadline(&p.ask) == P2P__SEC(30));
    assert_true(p2p__relay_answer_deadline(&p.answer) == P2P__SEC(10));
    assert_int_equal(p2p__relay_ask_expire(&p.ask, P2P__SEC(30) - 1), 0);
    assert_int_equal(p2p__relay_ask_expire(&p.ask, P2P__SEC(30)),
                     P2P_ETIMEDOUT);
    assert_int_equal(p2p__relay_answer_expire(&p.answer, P2P__SEC(10)),
                     P2P_ETIMEDOUT);
    pair_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_are_those_of_the_spec),
        cmocka_unit_test(test_what_is_malformed_is_refused),
        cmocka_unit_test(test_addresses_of_a_reservation_have_a_cap),
        cmocka_unit_test(test_T34_addresses_of_a_relay_are_short),
        cmocka_unit_test(test_each_status_has_a_meaning),
        cmocka_unit_test(test_what_follows_is_the_circuits),
        cmocka_unit_test(test_what_is_no_request_is_told_so),
        cmocka_unit_test(test_an_answer_must_be_a_status),
        cmocka_unit_test(test_T34_messages_have_a_cap),
        cmocka_unit_test(test_who_says_nothing_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* TXT records by the C library's resolver, on the loop's workers; the server
 * that they ask is a socket on the same loop. */
#include <arpa/inet.h>

#include "unit.h"
#include "uv/loop.h"

enum word { ANSWER, NO_NAME, NO_DATA_THERE, BROKEN, SILENCE };

struct server {
    uv_udp_t udp;
    enum word word;
    unsigned asked;
    uint8_t in[1024];
    uint8_t out[1024];
};

struct rig {
    struct p2p_loop *loop;
    struct server server;
    unsigned calls;
    int status;
    size_t len;
    uint8_t last[64];
};

static void lend(uv_handle_t *h, size_t size, uv_buf_t *buf)
{
    struct server *s = h->data;

    (void)size;
    *buf = uv_buf_init((char *)s->in, sizeof s->in);
}

/* The question comes back with a text behind it, or with a code. */
static void on_question(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf,
                        const struct sockaddr *from, unsigned flags)
{
    static const uint8_t text[] = "\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\6\5hello";
    static const uint8_t codes[] = {0, 3, 0, 2, 0};
    struct server *s = udp->data;
    uv_buf_t out;
    size_t len = (size_t)n, end = 12;

    (void)buf;
    (void)flags;
    if (n <= 12 || from == NULL) {
        return;
    }
    s->asked++;
    if (s->word == SILENCE) {
        return;
    }
    while (end < len && s->in[end] != 0) {
        end += s->in[end] + 1U;
    }
    len = end + 5; /* without what came behind the question */
    memcpy(s->out, s->in, len);
    s->out[2] |= 0x80;
    s->out[3] = (uint8_t)(0x80 | codes[s->word]);
    memset(s->out + 6, 0, 6);
    if (s->word == ANSWER) {
        s->out[7] = 1;
        memcpy(s->out + len, text, sizeof text - 1);
        len += sizeof text - 1;
    }
    out = uv_buf_init((char *)s->out, (unsigned)len);
    (void)uv_udp_try_send(udp, &out, 1, from);
}

static void rig_start(struct rig *r, enum word word)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int len = sizeof at;

    *r = (struct rig){.server.word = word};
    assert_int_equal(p2p_loop_new(&r->loop), 0);
    assert_int_equal(uv_udp_init(r->loop->uv, &r->server.udp), 0);
    r->server.udp.data = &r->server;
    assert_int_equal(
        uv_udp_bind(&r->server.udp, (const struct sockaddr *)&at, 0), 0);
    assert_int_equal(
        uv_udp_getsockname(&r->server.udp, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(uv_udp_recv_start(&r->server.udp, lend, on_question), 0);
    r->loop->dns.server = at;
}

static void rig_stop(struct rig *r)
{
    uv_close((uv_handle_t *)&r->server.udp, NULL);
    p2p_loop_free(r->loop);
}

static void on_texts(void *user, int status, const uint8_t *msg, size_t len,
                     p2p_ns now)
{
    struct rig *r = user;

    (void)now;
    r->calls++;
    r->status = status;
    r->len = len;
    if (len >= 5) {
        memcpy(r->last, msg + len - 5, 5);
    }
}

static struct p2p__dns_query *ask(struct rig *r)
{
    struct p2p__resolver *dns = &r->loop->dns.dns;
    int err;
    struct p2p__dns_query *q =
        dns->texts(dns, "_dnsaddr.b.example", on_texts, r, &err);

    assert_non_null(q);
    assert_int_equal(err, 0);
    return q;
}

static void until(struct rig *r, unsigned calls)
{
    while (r->calls < calls) {
        (void)uv_run(r->loop->uv, UV_RUN_ONCE);
    }
}

static void test_what_servers_say(void **state)
{
    static const int statuses[] = {[ANSWER] = 0,
                                   [NO_NAME] = P2P_ENOTFOUND,
                                   [NO_DATA_THERE] = P2P_ENOTFOUND,
                                   [BROKEN] = P2P_ETIMEDOUT,
                                   [SILENCE] = P2P_ETIMEDOUT};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(statuses); i++) {
        struct rig r;

        rig_start(&r, (enum word)i);
        (void)ask(&r);
        assert_int_equal(r.calls, 0);
        until(&r, 1);
        assert_int_equal(r.status, statuses[i]);
        assert_true(r.server.asked > 0);
        assert_true(r.status == 0 ? memcmp(r.last, "hello", 5) == 0
                                  : r.len == 0);
        rig_stop(&r);
    }
}

/* However many are asked for, of libuv's four workers this takes one: names
 * take two, and the store needs the last. */
static void test_one_asks_at_once(void **state)
{
    struct rig r;

    (void)state;
    rig_start(&r, ANSWER);
    for (unsigned i = 0; i < 9; i++) {
        (void)ask(&r);
        assert_true(r.loop->dns.asking <= 1);
    }
    for (unsigned i = 1; i <= 9; i++) {
        until(&r, i);
        assert_true(r.loop->dns.asking <= 1);
    }
    assert_int_equal(r.status, 0);
    assert_int_equal(r.loop->dns.pending, 0);
    rig_stop(&r);
}

/* Those under way, those that wait for a worker; nobody hears of them. */
static void test_cancelled(void **state)
{
    struct p2p__dns_query *q[5];
    struct p2p__resolver *dns;
    struct rig r;

    (void)state;
    rig_start(&r, ANSWER);
    dns = &r.loop->dns.dns;
    for (size_t i = 0; i < P2P__COUNT(q); i++) {
        q[i] = ask(&r);
    }
    for (size_t i = P2P__COUNT(q); i-- > 1;) {
        dns->cancel(dns, q[i]);
    }
    until(&r, 1); /* the first goes on */
    dns->cancel(dns, ask(&r));
    rig_stop(&r); /* waits for the workers */
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_servers_say),
        cmocka_unit_test(test_one_asks_at_once),
        cmocka_unit_test(test_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

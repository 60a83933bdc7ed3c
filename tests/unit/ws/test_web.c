/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The channel of TLS below a secure WebSocket: bytes cut in any way, and the
 * certificates that a client does not believe. */
#include <stdlib.h>

#include "base/mem.h"
#include "chan/web/web.h"
#include "chunker.h"
#include "tlsio/tlsio.h"
#include "unit.h"
#include "web_cert.h"

#define ROOM 200000U

struct end {
    void *chan;
    struct p2p__web_id *id;
    struct p2p__quota quota;
    struct p2p__src src;
    const uint8_t *app;
    size_t app_len;
    int err; /* what rx said */
    uint8_t wire[ROOM];
    size_t wire_len;
    uint8_t up[ROOM];
    size_t up_len;
};

struct pair {
    struct end client, server;
};

static struct web_cert ours, stale, other;

static int setup(void **state)
{
    (void)state;
    web_cert_good(&ours, "localhost");
    web_cert_good(&other, "localhost");
    web_cert_make(&stale, "localhost", -7200, -3600);
    return 0;
}

static int pull(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    struct end *e = P2P__CONTAINER(src, struct end, src);
    size_t n = p2p__min(e->app_len, cap);

    (void)now;
    if (n > 0) {
        memcpy(dst, e->app, n);
        e->app += n;
        e->app_len -= n;
    }
    return (int)n;
}

static void end_start(struct end *e, const struct p2p__web_cfg *id,
                      const char *name)
{
    struct p2p__web_chan_cfg cfg = {
        .dialer = name != NULL, .name = name, .quota = &e->quota};

    p2p__quota_init(&e->quota, NULL, "conn");
    e->src.pull = pull;
    assert_int_equal(p2p__web_id_new(id, &e->id), 0);
    cfg.id = e->id;
    assert_int_equal(p2p__web_new(&cfg, &e->chan, 0), 0);
}

static void end_stop(struct end *e)
{
    p2p__web_ops.fini(e->chan);
    p2p__free(e->chan);
    p2p__web_id_unref(e->id);
    p2p__quota_fini(&e->quota);
}

/* A client that believes in `ca` (NULL: anybody) dials `name`. */
static struct pair *pair_new(const struct web_cert *shown,
                             const struct web_cert *ca, const char *name)
{
    struct pair *p = calloc(1, sizeof *p);

    assert_non_null(p);
    end_start(&p->server,
              &(struct p2p__web_cfg){.cert = shown->cert,
                                     .cert_len = shown->cert_len,
                                     .key = shown->key,
                                     .key_len = shown->key_len},
              NULL);
    end_start(&p->client,
              &(struct p2p__web_cfg){.ca = ca != NULL ? ca->cert : NULL,
                                     .ca_len = ca != NULL ? ca->cert_len : 0,
                                     .insecure = ca == NULL},
              name);
    return p;
}

static void pair_free(struct pair *p)
{
    end_stop(&p->client);
    end_stop(&p->server);
    free(p);
}

static void draw(struct end *e)
{
    size_t before;

    do {
        struct p2p__outbuf out = {.p = e->wire + e->wire_len,
                                  .cap = p2p__min(ROOM - e->wire_len, 40000)};

        before = e->wire_len;
        assert_int_equal(p2p__web_ops.tx(e->chan, &e->src, &out, 0), 0);
        e->wire_len += out.len;
    } while (e->wire_len > before);
}

static int feed_piece(struct end *e, const uint8_t *p, size_t len)
{
    uint8_t *copy = malloc(len);
    struct p2p__slice in = p2p__slice_of(copy, len), up;
    int rv;

    assert_non_null(copy);
    memcpy(copy, p, len);
    do {
        rv = p2p__web_ops.rx(e->chan, &in, &up, 0);
        if (rv == 0 && up.len > 0) {
            memcpy(e->up + e->up_len, up.p, up.len);
            e->up_len += up.len;
        }
    } while (rv == 0 && (in.len > 0 || up.len > 0));
    free(copy);
    return rv;
}

static void feed(struct end *e, const uint8_t *p, size_t len, struct chunker *c)
{
    while (len > 0 && e->err == 0) {
        size_t n = c == NULL ? len : chunker_next(c, len);

        e->err = feed_piece(e, p, n);
        p += n;
        len -= n;
    }
}

/* Carries bytes both ways until both are silent. */
static void run(struct pair *p, struct chunker *c)
{
    bool busy = true;

    while (busy) {
        busy = false;
        for (int i = 0; i < 2; i++) {
            struct end *from = i == 0 ? &p->client : &p->server;
            struct end *to = i == 0 ? &p->server : &p->client;
            size_t n;

            draw(from);
            n = from->wire_len;
            from->wire_len = 0;
            busy = busy || n > 0;
            feed(to, from->wire, n, c);
        }
    }
}

static void test_bytes_pass_in_any_pieces(void **state)
{
    static uint8_t text[50000];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (uint8_t)(i * 131 + (i >> 8));
    }
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct pair *p = pair_new(&ours, &ours, "localhost");
        struct chunker c;

        chunker_init(&c, (enum chunk_plan)(seed % CHUNK_PLANS), seed);
        p->client.app = p->server.app = text;
        p->client.app_len = p->server.app_len = sizeof text;
        run(p, &c);
        assert_int_equal(p->client.err, 0);
        assert_int_equal(p->server.err, 0);
        assert_int_equal(p->client.up_len, sizeof text);
        assert_int_equal(p->server.up_len, sizeof text);
        assert_memory_equal(p->client.up, text, sizeof text);
        assert_memory_equal(p->server.up, text, sizeof text);
        assert_true(p2p__web_ops.deadline(p->client.chan) == P2P_NEVER);
        pair_free(p);
    }
}

/* Whether a client that believes in `ca` believes what is shown. */
static int verdict(const struct web_cert *shown, const struct web_cert *ca,
                   const char *name)
{
    struct pair *p = pair_new(shown, ca, name);
    int rv;

    p->client.app = (const uint8_t *)"hello";
    p->client.app_len = 5;
    run(p, NULL);
    rv = p->client.err;
    assert_int_equal(p->server.up_len, rv == 0 ? 5 : 0);
    assert_true(rv == 0 || p->server.err < 0); /* it is told */
    pair_free(p);
    return rv;
}

static void test_certificates(void **state)
{
    (void)state;
    assert_int_equal(verdict(&ours, &ours, "localhost"), 0);
    assert_int_equal(verdict(&ours, &ours, "127.0.0.1"), 0);
    assert_int_equal(verdict(&ours, &ours, "example.com"), P2P_EAUTH);
    assert_int_equal(verdict(&ours, &ours, "127.0.0.2"), P2P_EAUTH);
    assert_int_equal(verdict(&ours, &other, "localhost"), P2P_EAUTH);
    assert_int_equal(verdict(&stale, &stale, "localhost"), P2P_EAUTH);
    assert_int_equal(verdict(&stale, NULL, "example.com"), 0); /* insecure */
}

static void test_files_that_are_wrong(void **state)
{
    struct p2p__web_cfg cfg = {.cert = ours.cert, .cert_len = ours.cert_len};
    struct p2p__web_id *id;

    (void)state;
    assert_int_equal(p2p__web_id_new(&cfg, &id), P2P_EINVAL);
    cfg.key = other.key;
    cfg.key_len = other.key_len;
    assert_int_equal(p2p__web_id_new(&cfg, &id), P2P_EFORMAT);
    cfg.key = "-----BEGIN PRIVATE KEY-----\n";
    cfg.key_len = strlen(cfg.key);
    assert_int_equal(p2p__web_id_new(&cfg, &id), P2P_EFORMAT);
    cfg = (struct p2p__web_cfg){.ca = "nothing", .ca_len = 7};
    assert_int_equal(p2p__web_id_new(&cfg, &id), P2P_EFORMAT);
    assert_null(id);
}

static void test_what_a_channel_needs(void **state)
{
    struct p2p__web_cfg cfg = {.insecure = true};
    struct p2p__web_chan_cfg cc = {.dialer = true};
    void *chan;

    (void)state;
    assert_int_equal(p2p__web_id_new(&cfg, &cc.id), 0);
    assert_int_equal(p2p__web_new(&cc, &chan, 0), P2P_EINVAL); /* no name */
    cc.dialer = false;
    assert_int_equal(p2p__web_new(&cc, &chan, 0), P2P_EINVAL); /* no cert */
    p2p__web_id_unref(cc.id);
}

static void test_a_session_is_charged(void **state)
{
    struct pair *p = pair_new(&ours, &ours, "localhost");
    struct p2p__quota small;
    struct p2p__web_chan_cfg cfg = {.id = p->server.id, .quota = &small};
    void *chan;

    (void)state;
    run(p, NULL);
    assert_int_equal(p->server.quota.used[P2P__Q_MEMORY],
                     P2P__TLSIO_SESSION_BYTES);
    p2p__quota_init(&small, NULL, "conn");
    small.limit[P2P__Q_MEMORY] = P2P__TLSIO_SESSION_BYTES - 1;
    assert_int_equal(p2p__web_new(&cfg, &chan, 0), P2P_ELIMIT);
    p2p__quota_fini(&small);
    pair_free(p);
}

static void test_a_handshake_that_takes_too_long(void **state)
{
    struct pair *p = pair_new(&ours, &ours, "localhost");
    void *chan = p->server.chan;

    (void)state;
    assert_true(p2p__web_ops.deadline(chan) == P2P__WEB_TIMEOUT);
    assert_int_equal(p2p__web_ops.expire(chan, P2P__WEB_TIMEOUT - 1), 0);
    assert_int_equal(p2p__web_ops.expire(chan, P2P__WEB_TIMEOUT),
                     P2P_ETIMEDOUT);
    assert_true(p2p__web_ops.deadline(chan) == P2P_NEVER);
    pair_free(p);
}

/* A client's first message says that it has 8 MiB, and goes on and on. */
static void test_a_message_has_a_cap(void **state)
{
    struct pair *p = pair_new(&ours, &ours, "localhost");
    uint8_t record[5 + 16384] = {0x16, 3, 1, 0x40, 0, 1, 0x80};
    size_t sent = 0;

    (void)state;
    while (p->server.err == 0 && sent < 8U * 1024 * 1024) {
        feed(&p->server, record, sizeof record, NULL);
        sent += sizeof record;
        record[5] = record[6] = 0;
    }
    assert_int_equal(p->server.err, P2P_ETOOBIG);
    assert_true(sent <= P2P__CAP_TLSIO_QUIET_BYTES + sizeof record);
    pair_free(p);
}

static void test_what_is_no_tls(void **state)
{
    static const char http[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct pair *p = pair_new(&ours, &ours, "localhost");

    (void)state;
    feed(&p->server, (const uint8_t *)http, sizeof http - 1, NULL);
    assert_int_equal(p->server.err, P2P_EPROTO);
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_pass_in_any_pieces),
        cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_files_that_are_wrong),
        cmocka_unit_test(test_what_a_channel_needs),
        cmocka_unit_test(test_a_session_is_charged),
        cmocka_unit_test(test_a_handshake_that_takes_too_long),
        cmocka_unit_test(test_a_message_has_a_cap),
        cmocka_unit_test(test_what_is_no_tls),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}

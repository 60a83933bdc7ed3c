/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See ws_end.h. */
#include "ws_end.h"

#include <stdlib.h>

#include "base/mem.h"
#include "unit.h"

#define REQUEST                                       \
    "GET / HTTP/1.1\r\nHost: a\r\n"                   \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"   \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
    "Sec-WebSocket-Version: 13\r\n\r\n"

static int pull(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    struct ws_end *e = P2P__CONTAINER(src, struct ws_end, src);
    size_t n = p2p__min(e->app_len, cap);

    (void)now;
    if (n > 0) {
        memcpy(dst, e->app, n);
        e->app += n;
        e->app_len -= n;
    }
    return (int)n;
}

struct ws_end *ws_end_new(bool dialer)
{
    struct ws_end *e = calloc(1, sizeof *e);
    struct p2p__ws_cfg cfg = {.dialer = dialer,
                              .host = dialer ? "127.0.0.1:4001" : NULL};

    assert_non_null(e);
    p2p__quota_init(&e->quota, NULL, "conn");
    test_env_init(&e->env, dialer ? 1 : 2);
    e->src.pull = pull;
    cfg.env = &e->env.env;
    cfg.quota = &e->quota;
    assert_int_equal(p2p__ws_new(&cfg, &e->chan, 0), 0);
    return e;
}

void ws_end_free(struct ws_end *e)
{
    p2p__ws_ops.fini(e->chan);
    p2p__free(e->chan);
    p2p__quota_fini(&e->quota);
    free(e);
}

int ws_end_draw(struct ws_end *e, size_t step)
{
    size_t before;
    int rv;

    do {
        size_t left = WS_END_ROOM - e->wire_len;
        struct p2p__outbuf out = {
            .p = e->wire + e->wire_len,
            .cap = step > 0 ? p2p__min(step, left) : left};

        before = e->wire_len;
        rv = p2p__ws_ops.tx(e->chan, &e->src, &out, 0);
        e->wire_len += out.len;
    } while (rv == 0 && e->wire_len > before);
    return rv;
}

static int feed_piece(struct ws_end *e, const uint8_t *p, size_t len)
{
    uint8_t *copy = malloc(len);
    struct p2p__slice in = p2p__slice_of(copy, len), up;
    int rv;

    assert_non_null(copy);
    memcpy(copy, p, len);
    do {
        rv = p2p__ws_ops.rx(e->chan, &in, &up, 0);
        if (rv == 0 && up.len > 0) {
            assert_true(up.len <= WS_END_ROOM - e->up_len);
            memcpy(e->up + e->up_len, up.p, up.len);
            e->up_len += up.len;
        }
    } while (rv == 0 && (in.len > 0 || up.len > 0));
    free(copy);
    return rv;
}

int ws_end_feed(struct ws_end *e, const void *p, size_t len, struct chunker *c)
{
    const uint8_t *at = p;
    int rv = 0;

    while (len > 0 && rv == 0) {
        size_t n = c == NULL ? len : chunker_next(c, len);

        rv = feed_piece(e, at, n);
        at += n;
        len -= n;
    }
    return rv;
}

int ws_end_carry(struct ws_end *from, struct ws_end *to, struct chunker *c)
{
    size_t n = from->wire_len;

    from->wire_len = 0;
    return ws_end_feed(to, from->wire, n, c);
}

struct ws_end *ws_end_server(void)
{
    struct ws_end *e = ws_end_new(false);

    assert_int_equal(ws_end_feed(e, REQUEST, sizeof REQUEST - 1, NULL), 0);
    assert_int_equal(ws_end_draw(e, 0), 0);
    assert_true(e->wire_len > 0);
    e->wire_len = 0;
    return e;
}

void ws_end_pair(struct ws_end **client, struct ws_end **server,
                 struct chunker *c)
{
    *client = ws_end_new(true);
    *server = ws_end_new(false);
    assert_int_equal(ws_end_draw(*client, 0), 0);
    assert_int_equal(ws_end_carry(*client, *server, c), 0);
    assert_int_equal(ws_end_draw(*server, 0), 0);
    assert_int_equal(ws_end_carry(*server, *client, c), 0);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A server of WebSocket whose opening is over, and a client that reads what it
 * says. Pieces, each behind its length, are given to the server; a piece of no
 * bytes draws output into as much room as the next byte says: frames that the
 * client must understand, to the last word.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "chan/ws/ws.h"
#include "test_env.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct end {
    void *chan;
    struct p2p__quota quota;
    struct test_env env;
    bool failed;
};

static int pull(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    size_t n = cap % 50;

    (void)src;
    (void)now;
    memset(dst, 'a', n);
    return (int)n;
}

static int silent(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    (void)src;
    (void)dst;
    (void)cap;
    (void)now;
    return 0;
}

static void start(struct end *e, bool dialer)
{
    struct p2p__ws_cfg cfg = {
        .dialer = dialer, .host = "a", .quota = &e->quota, .env = &e->env.env};

    p2p__quota_init(&e->quota, NULL, "conn");
    test_env_init(&e->env, dialer);
    e->failed = false;
    if (p2p__ws_new(&cfg, &e->chan, 0) != 0) {
        abort();
    }
}

static void stop(struct end *e)
{
    p2p__ws_ops.fini(e->chan);
    p2p__free(e->chan);
    p2p__quota_fini(&e->quota);
}

/* Gives a piece; what goes up must be what the peer pulled, if it is ours. */
static int give(struct end *e, const uint8_t *p, size_t len, bool ours)
{
    uint8_t *copy = malloc(len + 1);
    struct p2p__slice in = p2p__slice_of(copy, len), up;
    int rv = 0;

    if (copy == NULL) {
        abort();
    }
    memcpy(copy, p, len);
    do {
        rv = p2p__ws_ops.rx(e->chan, &in, &up, 0);
        for (size_t i = 0; ours && rv == 0 && i < up.len; i++) {
            if (up.p[i] != 'a') {
                abort();
            }
        }
    } while (rv == 0 && (in.len > 0 || up.len > 0));
    free(copy);
    e->failed = rv < 0;
    return rv;
}

/* Draws into some room, and lets the other end read it. */
static void draw(struct end *from, struct end *to, size_t room, bool talks)
{
    uint8_t buf[1024];
    struct p2p__src src = {.pull = talks ? pull : silent};
    struct p2p__outbuf out = {.p = buf, .cap = room};
    int rv;

    if (p2p__ws_ops.tx(from->chan, &src, &out, 0) != 0 || out.len > room) {
        abort();
    }
    if (out.len > 0 && !to->failed) {
        rv = give(to, buf, out.len, true);
        if (rv != 0 && !(from->failed && rv == P2P_ECLOSED)) {
            abort(); /* what we say is understood */
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct end client, server;

    start(&client, true);
    start(&server, false);
    draw(&client, &server, 1024, false);
    draw(&server, &client, 1024, false);
    for (size_t i = 0; i < size && !server.failed;) {
        size_t n = data[i++];

        if (n == 0 && i < size) {
            draw(&server, &client, data[i++], true);
            continue;
        }
        n = p2p__min(n, size - i);
        if (n > 0) {
            (void)give(&server, data + i, n, false);
        }
        i += n;
    }
    draw(&server, &client, 1024, true);
    if (server.quota.used[P2P__Q_MEMORY] != 0) {
        abort();
    }
    stop(&client);
    stop(&server);
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A private network's channel. Pieces, each behind its length, are given to one
 * end in turn and, as a whole, to another: both must read the same. A piece of
 * no bytes draws output into as much room as the next byte says; what was drawn
 * is read back by a third.
 */
#include <stdlib.h>

#include "chan/pnet/pnet.h"
#include "test_env.h"

#define CAP 65536U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reader {
    struct p2p__pnet c;
    uint8_t up[CAP];
    size_t len;
};

static int pull(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    (void)src;
    (void)now;
    memset(dst, 'a', cap);
    return (int)cap;
}

static void start(struct p2p__pnet *c, uint64_t seed)
{
    static const uint8_t psk[P2P__PNET_KEY] = {7};
    struct test_env env;

    test_env_init(&env, seed);
    p2p__pnet_init(c, &(struct p2p__pnet_cfg){.psk = psk, .env = &env.env});
}

static void give(struct reader *r, const uint8_t *p, size_t len)
{
    uint8_t *copy = malloc(len + 1);
    struct p2p__slice in = p2p__slice_of(copy, len), up;

    if (copy == NULL) {
        return;
    }
    memcpy(copy, p, len);
    if (p2p__pnet_ops.rx(&r->c, &in, &up, 0) != 0 || in.len != 0 ||
        up.len > CAP - r->len) {
        abort();
    }
    memcpy(r->up + r->len, up.p, up.len);
    r->len += up.len;
    free(copy);
}

/* Draws into a little room, and reads it at the other end. */
static void draw(struct p2p__pnet *from, struct reader *to, size_t room)
{
    uint8_t buf[256];
    struct p2p__src src = {.pull = pull};
    struct p2p__outbuf out = {.p = buf, .cap = room};

    if (p2p__pnet_ops.tx(from, &src, &out, 0) != 0 || out.len > room) {
        abort();
    }
    give(to, buf, out.len);
    while (to->len > 0) {
        if (to->up[--to->len] != 'a') {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reader a, b, back;
    static uint8_t all[CAP];
    size_t len = 0;

    a.len = b.len = back.len = 0;
    start(&a.c, 1);
    start(&b.c, 2);
    start(&back.c, 3);
    for (size_t i = 0; i < size;) {
        size_t n = data[i++];

        if (n == 0 && i < size) {
            draw(&a.c, &back, data[i++]);
            continue;
        }
        n = p2p__min(p2p__min(n, size - i), CAP - len);
        give(&a, data + i, n);
        memcpy(all + len, data + i, n);
        len += n;
        i += n;
    }
    give(&b, all, len);
    if (a.len != b.len || memcmp(a.up, b.up, a.len) != 0) {
        abort();
    }
    return 0;
}

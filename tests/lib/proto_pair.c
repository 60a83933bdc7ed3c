/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See proto_pair.h. Each piece lies in memory of its own size, so that a
 * sanitizer sees a core read beyond it or keep it. */
#include "proto_pair.h"

#include <stdlib.h>

#include "unit.h"

#define ROOM_MAX 65536U

void proto_end_init(struct proto_end *e, const struct p2p__proto_ops *ops,
                    void *core)
{
    *e = (struct proto_end){.ops = ops, .core = core};
}

/* What rx and fin return, and tx but for its 1. */
static void note(struct proto_end *e, int rv)
{
    assert_true(rv <= 0);
    if (rv < 0 && e->err == 0) {
        e->err = rv;
    }
}

int proto_feed(struct proto_end *e, const void *bytes, size_t len,
               struct chunker *plan, p2p_ns now)
{
    const uint8_t *p = bytes;

    while (len > 0 && e->err == 0) {
        size_t n = plan == NULL ? len : chunker_next(plan, len);
        uint8_t *copy = malloc(n);
        struct p2p__slice in = p2p__slice_of(copy, n);

        assert_non_null(copy);
        memcpy(copy, p, n);
        note(e, e->ops->rx(e->core, &in, now));
        free(copy);
        p += n;
        len -= n;
    }
    return e->err;
}

/* One call of tx into memory of just the room. */
static size_t draw_once(struct proto_end *e, uint8_t *buf, size_t room,
                        p2p_ns now)
{
    struct p2p__outbuf out = {.p = malloc(room + 1), .cap = room};
    int rv;

    assert_non_null(out.p);
    assert_false(e->finished);
    rv = e->ops->tx(e->core, &out, now);
    assert_true(out.len <= room);
    e->finished = rv == P2P__PROTO_FIN;
    note(e, e->finished ? 0 : rv);
    memcpy(buf, out.p, out.len);
    free(out.p);
    return out.len;
}

size_t proto_draw(struct proto_end *e, uint8_t *buf, size_t cap, p2p_ns now)
{
    size_t len = 0, n;

    do {
        n = e->finished || e->err != 0
                ? 0
                : draw_once(e, buf + len, cap - len, now);
        len += n;
    } while (n > 0 && len < cap);
    return len;
}

bool proto_move(struct proto_end *from, struct proto_end *to,
                struct chunker *plan, size_t room, p2p_ns now)
{
    uint8_t buf[ROOM_MAX];
    bool was_finished = from->finished;
    size_t n;

    assert_true(room <= sizeof buf);
    if (from->err != 0 || to->err != 0) {
        return false;
    }
    n = was_finished ? 0 : draw_once(from, buf, room, now);
    (void)proto_feed(to, buf, n, plan, now);
    if (from->finished && !to->ended && to->err == 0) {
        to->ended = true;
        note(to, to->ops->fin(to->core, now));
    }
    return n > 0 || from->finished != was_finished;
}

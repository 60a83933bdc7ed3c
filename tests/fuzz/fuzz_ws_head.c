/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The head that opens a WebSocket, at a server or a client. First byte: the
 * role, and where the rest is cut; whole and cut it must come to the same.
 */
#include <stdlib.h>

#include "chan/ws/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct end {
    struct p2p__ws_head h;
    struct p2p__quota quota;
    size_t left; /* bytes that were not taken */
    int rv;
};

static void start(struct end *e, bool server)
{
    p2p__quota_init(&e->quota, NULL, "conn");
    if (server) {
        p2p__ws_head_server(&e->h, &e->quota);
    } else {
        p2p__ws_head_client(&e->h, &e->quota, "dGhlIHNhbXBsZSBub25jZQ==");
    }
    e->left = 0;
    e->rv = 0;
}

/* Gives a piece, in memory of its own size, unless it is over. */
static void give(struct end *e, const uint8_t *p, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    struct p2p__slice in = p2p__slice_of(copy, len);

    if (copy == NULL) {
        abort();
    }
    if (e->rv == 0 && !e->h.done) {
        memcpy(copy, p, len);
        e->rv = p2p__ws_head_rx(&e->h, &in);
        if (e->rv == 0 && !e->h.done && in.len > 0) {
            abort();
        }
    }
    e->left += in.len;
    if (e->quota.used[P2P__Q_MEMORY] > P2P__CAP_WS_HEAD_BYTES) {
        abort();
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t first = size > 0 ? data[0] : 0;
    size_t step = 1 + first / 2, n = size > 0 ? size - 1 : 0;
    struct end whole, cut;

    start(&whole, first % 2 == 0);
    start(&cut, first % 2 == 0);
    give(&whole, data + 1, n);
    for (size_t at = 0; at < n; at += step) {
        give(&cut, data + 1 + at, p2p__min(step, n - at));
    }
    if (whole.rv != cut.rv || whole.h.done != cut.h.done ||
        (whole.h.done && whole.left != cut.left) ||
        (whole.rv < 0 && whole.h.status != cut.h.status)) {
        abort();
    }
    p2p__ws_head_fini(&whole.h);
    p2p__ws_head_fini(&cut.h);
    p2p__quota_fini(&whole.quota);
    p2p__quota_fini(&cut.quota);
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See frame.h. The length is looked at before memory of that size is taken. */
#include "proto/relay/frame.h"

#include "base/mem.h"
#include "wire/varint.h"

void p2p__relay_frame_init(struct p2p__relay_frame *f, struct p2p__quota *quota)
{
    *f = (struct p2p__relay_frame){.quota = quota};
}

/* Takes room for a message of this length. */
static int begin(struct p2p__relay_frame *f, uint64_t len)
{
    int rv;

    if (len > P2P__CAP_RELAY_MESSAGE_BYTES) {
        return P2P_ETOOBIG;
    }
    rv = p2p__quota_take(f->quota, P2P__Q_MEMORY, len);
    if (rv != 0) {
        return rv;
    }
    f->bytes = p2p__alloc((size_t)len + 1); /* an empty one is a message */
    if (f->bytes == NULL) {
        p2p__quota_give(f->quota, P2P__Q_MEMORY, len);
        return P2P_ENOMEM;
    }
    f->len = (size_t)len;
    return 0;
}

/* Reads a byte of the length. */
static int read_prefix(struct p2p__relay_frame *f, struct p2p__slice *in)
{
    uint64_t len;
    int n;

    if (f->prefix_len == sizeof f->prefix) {
        return P2P_ETOOBIG;
    }
    f->prefix[f->prefix_len++] = *in->p;
    p2p__slice_skip(in, 1);
    n = p2p__varint_get(f->prefix, f->prefix_len, &len);
    return n > 0 ? begin(f, len) : n;
}

int p2p__relay_frame_rx(struct p2p__relay_frame *f, struct p2p__slice *in)
{
    size_t n;

    while (f->bytes == NULL && in->len > 0) {
        int rv = read_prefix(f, in);

        if (rv < 0) {
            return rv;
        }
    }
    if (f->bytes == NULL) {
        return 0;
    }
    n = p2p__min(f->len - f->have, in->len);
    if (n > 0) {
        memcpy(f->bytes + f->have, in->p, n);
        f->have += n;
        p2p__slice_skip(in, n);
    }
    f->whole = f->have == f->len;
    return f->whole ? 1 : 0;
}

void p2p__relay_frame_fini(struct p2p__relay_frame *f)
{
    if (f->bytes != NULL) {
        p2p__free(f->bytes);
        p2p__quota_give(f->quota, P2P__Q_MEMORY, f->len);
    }
    f->bytes = NULL;
    f->whole = false;
}

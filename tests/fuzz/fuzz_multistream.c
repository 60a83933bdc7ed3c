/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Either role of multistream. First byte: the role; then pieces, each behind
 * its length; a piece of no bytes draws output into as much room as the next
 * byte says.
 */
#include <stdlib.h>

#include "chan/multistream/multistream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int pull(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    (void)src;
    (void)now;
    if (cap > 0) {
        dst[0] = 'a';
    }
    return cap > 0 ? 1 : 0;
}

static void handle_events(struct p2p__multistream *m)
{
    struct p2p__multistream_ev ev;

    while (p2p__multistream_next(m, &ev)) {
        if (ev.type == P2P__MULTISTREAM_PROPOSED) {
            if (ev.name.p[0] == 'y') {
                p2p__multistream_accept(m);
            } else {
                p2p__multistream_refuse(m);
            }
        }
    }
}

static int give(struct p2p__multistream *m, const uint8_t *p, size_t len)
{
    uint8_t *copy = malloc(len);
    struct p2p__slice in = p2p__slice_of(copy, len), up;
    int rv;

    if (copy == NULL) {
        return P2P_ENOMEM;
    }
    memcpy(copy, p, len);
    do {
        size_t before = in.len;

        rv = p2p__multistream_rx(m, &in, &up, 0);
        if (rv == 0) {
            handle_events(m);
            if (in.len > 0 && in.len == before) {
                abort(); /* no progress */
            }
        }
    } while (rv == 0 && (in.len > 0 || up.len > 0));
    free(copy);
    return rv;
}

static void draw(struct p2p__multistream *m, size_t room)
{
    uint8_t buf[256];
    struct p2p__src src = {.pull = pull};
    struct p2p__outbuf out = {.p = buf, .cap = room};

    if (p2p__multistream_tx(m, &src, &out, 0) != 0 || out.len > room) {
        abort();
    }
    handle_events(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"/a", "y", "/noise"};
    uint8_t role = size > 0 ? data[0] : 0;
    bool asks = (role & 3) == 2;
    struct p2p__quota quota;
    struct p2p__multistream m;
    struct p2p__multistream_cfg cfg = {.dialer = role & 1,
                                       .eager = role & 4,
                                       .protocols = asks ? NULL : names,
                                       .count = asks ? 0 : 1 + (role >> 3) % 3,
                                       .quota = &quota};
    int rv = 0;

    p2p__quota_init(&quota, NULL, "conn");
    if (p2p__multistream_init(&m, &cfg, 0) != 0) {
        abort();
    }
    for (size_t i = 1; i < size && rv == 0;) {
        size_t n = data[i++];

        if (n == 0 && i < size) {
            draw(&m, data[i++]);
        } else if (n > 0) {
            n = p2p__min(n, size - i);
            rv = n > 0 ? give(&m, data + i, n) : 0;
            i += n;
        }
        if (quota.used[P2P__Q_MEMORY] > P2P__CAP_MULTISTREAM_LINE_BYTES) {
            abort();
        }
    }
    draw(&m, sizeof(uint8_t[255]));
    p2p__multistream_fini(&m);
    p2p__quota_fini(&quota);
    return 0;
}

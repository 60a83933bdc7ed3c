/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A rig with a yamux session, and frames to feed it with. */
#ifndef TESTS_UNIT_MUX_YAMUX_RIG_H
#define TESTS_UNIT_MUX_YAMUX_RIG_H

#include "mux/yamux/frame.h"
#include "mux/yamux/priv.h"
#include "rig.h"

/* No pings of its own; windows do not grow. */
static const struct p2p__yamux_tune QUIET = {.max_window_bytes =
                                                 P2P__YAMUX_WINDOW_BYTES};

/* A rig whose session has the tuning (NULL: the default). */
static inline struct rig *yamux_rig(bool dialer, enum chunk_plan plan,
                                    const struct p2p__yamux_tune *tune)
{
    struct rig *r = rig_new(&p2p__yamux_ops, plan);
    struct p2p__yamux_cfg cfg = {.sess = rig_cfg(r, dialer), .tune = tune};

    assert_int_equal(p2p__yamux_new(&cfg, &r->sess, r->now), 0);
    return r;
}

/* Delivers a header alone. */
static inline int yamux_feed(struct rig *r, uint8_t type, uint16_t flags,
                             uint32_t id, uint32_t length)
{
    const struct p2p__yamux_header h = {
        .type = type, .flags = flags, .id = id, .length = length};
    uint8_t bytes[P2P__YAMUX_HEADER_BYTES];

    p2p__yamux_encode(bytes, &h);
    return rig_rx(r, bytes, sizeof bytes);
}

#endif

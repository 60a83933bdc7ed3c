/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * yamux: streams with windows over one ordered pipe.
 * libp2p/specs yamux/README.md r0, "/yamux/1.0.0".
 *
 * A session is driven through p2p__yamux_ops (port/sess.h); here is only what
 * is yamux's own. What a peer can make a session hold: streams (by quota), a
 * bounded list of refused ids, a few bits. Bodies are never held: they pass.
 */
#ifndef P2P_MUX_YAMUX_H
#define P2P_MUX_YAMUX_H

#include "port/sess.h"

/* Both sides begin a stream with this window (spec, "Flow Control"). */
#define P2P__YAMUX_WINDOW_BYTES (256U * 1024)

/* A receive window grows no further: 16 MiB, as go's and js'. */
#define P2P__CAP_YAMUX_WINDOW_BYTES (16U * 1024 * 1024)

/* Streams that were opened and not acknowledged yet, each way. An inbound one
 * beyond it is refused; an outbound one waits (spec, "ACK backlog"). */
#define P2P__CAP_YAMUX_BACKLOG 256U

/* Refused ids whose RST has not been sent. A peer that respects the backlog
 * cannot fill it; one that overflows it is cut off. */
#define P2P__CAP_YAMUX_REFUSED 256U

/* Bytes queued on a stream before send() says EAGAIN. */
#define P2P__CAP_YAMUX_QUEUED_BYTES (256U * 1024)

/* Largest body of a DATA frame that we send: with its header 64 KiB. */
#define P2P__CAP_YAMUX_FRAME_BYTES (65536U - 12)

/* Aborted and refused inbound streams: so many at once, then so many a
 * second; beyond it opens are refused, and at ten times the burst the session
 * ends (rapid reset). */
#define P2P__CAP_YAMUX_CHURN_BURST   1000U
#define P2P__CAP_YAMUX_CHURN_PER_SEC 100U

/* Answered pings: so many at once, then so many a second; others are not
 * answered. */
#define P2P__CAP_YAMUX_PINGS_BURST   32U
#define P2P__CAP_YAMUX_PINGS_PER_SEC 10U

/* Codes of a go-away (spec, "Session termination"). */
enum p2p__yamux_code {
    P2P__YAMUX_NORMAL = 0,
    P2P__YAMUX_PROTOCOL_ERROR = 1,
    P2P__YAMUX_INTERNAL_ERROR = 2
};

/* What may be tuned; one constant for all sessions of a host. */
struct p2p__yamux_tune {
    p2p_ns keepalive_ns;       /* silence before we ping, who dialed a tenth
                                  earlier; 0: no keep-alive */
    p2p_ns dead_ns;            /* further silence before ETIMEDOUT */
    uint32_t max_window_bytes; /* at least P2P__YAMUX_WINDOW_BYTES */
};

/* 15 s, 15 s, 16 MiB: who is silent for 30 s is dead. */
extern const struct p2p__yamux_tune p2p__yamux_tune_default;

struct p2p__yamux_cfg {
    struct p2p__sess_cfg sess;
    const struct p2p__yamux_tune *tune; /* borrowed; NULL: the default */
};

/* The session's operations; `sess` is what p2p__yamux_new() gave. */
extern const struct p2p__sess_ops p2p__yamux_ops;

/*
 * A session that begins at `now`. Its struct is charged to the quota.
 * Returns owned: ops.fini() frees it. Errors: P2P_ELIMIT, P2P_ENOMEM (*out is
 * NULL then).
 */
int p2p__yamux_new(const struct p2p__yamux_cfg *cfg, void **out, p2p_ns now);

/* The smoothed round trip, or 0 while it has not been measured. */
p2p_ns p2p__yamux_rtt(const void *sess);

/* The stream's id on the wire, or 0 before it was announced. */
uint32_t p2p__yamux_stream_id(const void *stream);

#endif

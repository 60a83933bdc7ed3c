/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * mplex: streams without windows over one ordered pipe.
 * libp2p/specs mplex/README.md r0 (deprecated), "/mplex/6.7.0".
 *
 * A session is driven through p2p__mplex_ops (port/sess.h). There is no
 * back-pressure but the pipe's: ops.want_read() turns false while the
 * application owes more than a cap, and the session ends if that lasts. There
 * is no ping and no go-away either: ops.ping() says P2P_ENOTSUP, and after
 * ops.goaway() streams of the peer are refused, without a word about why.
 */
#ifndef P2P_MUX_MPLEX_H
#define P2P_MUX_MPLEX_H

#include "port/sess.h"

/* Largest message that we take (spec, "Writing to a stream"). */
#define P2P__CAP_MPLEX_MESSAGE_BYTES (1024U * 1024)

/* Delivered and not consumed, over all streams of a session; beyond it
 * want_read() is false until half of it is left. */
#define P2P__CAP_MPLEX_UNCONSUMED_BYTES (4U * 1024 * 1024)

/* What may come beyond it, since it was read already; then the session
 * ends. */
#define P2P__CAP_MPLEX_OVERSHOOT_BYTES (1024U * 1024)

/* The name of a new stream; a longer one ends the session. Names are skipped
 * in any case. */
#define P2P__CAP_MPLEX_NAME_BYTES 1024U

/* Refused opens: so many at once and one a second (js' number); one more ends
 * the session. */
#define P2P__CAP_MPLEX_REFUSED 5U

/* Inbound streams that the peer reset: so many at once, then so many a
 * second; more end the session (rapid reset). */
#define P2P__CAP_MPLEX_CHURN_BURST   1000U
#define P2P__CAP_MPLEX_CHURN_PER_SEC 100U

/* Bytes queued on a stream before send() says EAGAIN. */
#define P2P__CAP_MPLEX_QUEUED_BYTES (256U * 1024)

/* Largest body of a message that we send: with its header in 64 KiB. */
#define P2P__CAP_MPLEX_FRAME_BYTES (65536U - 16)

/* How long want_read() may stay false before the session ends. */
#define P2P__MPLEX_STALL_NS P2P__SEC(30)

struct p2p__mplex_cfg {
    struct p2p__sess_cfg sess;
};

/* The session's operations; `sess` is what p2p__mplex_new() gave. */
extern const struct p2p__sess_ops p2p__mplex_ops;

/*
 * A session that begins at `now`. Its struct is charged to the quota.
 * Returns owned: ops.fini() frees it. Errors: P2P_ELIMIT, P2P_ENOMEM (*out is
 * NULL then).
 */
int p2p__mplex_new(const struct p2p__mplex_cfg *cfg, void **out, p2p_ns now);

/* The stream's id on the wire; either side counts its own from 0. UINT64_MAX
 * before it was announced. */
uint64_t p2p__mplex_stream_id(const void *stream);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A WebSocket as a channel: the opening handshake, then bytes in binary frames.
 * Specs: RFC 6455, libp2p websockets.
 *
 * Inbound, the payload of frames goes up as it comes: no message is assembled,
 * and how long one says it is does not matter. Outbound, what above has to say
 * is a message of one frame. Pings are answered, the last one if several came
 * before there was room; a close is answered by a close, the last word. Text,
 * reserved bits and opcodes, a client's frame without a mask or a server's with
 * one end the channel.
 */
#ifndef P2P_CHAN_WS_WS_H
#define P2P_CHAN_WS_WS_H

#include "base/quota.h"
#include "base/turn.h"
#include "port/chan.h"
#include "port/env.h"

#define P2P__WS_PROTOCOL "/ws"

/* The longest text of a Host header, in bytes: a name, and a port. */
#define P2P__WS_HOST_MAX 272U

/* How long the opening may take, if the configuration does not say. */
#define P2P__WS_TIMEOUT P2P__SEC(10)

struct p2p__ws_cfg {
    bool dialer;
    const char *host;         /* the dialer's Host header; copied */
    struct p2p__env *env;     /* for keys and masks; borrowed until fini */
    struct p2p__quota *quota; /* the connection's scope; borrowed, or NULL */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
    p2p_ns timeout;           /* 0: P2P__WS_TIMEOUT */
};

/* The channel: `chan` is what p2p__ws_new() made. */
extern const struct p2p__chan_ops p2p__ws_ops;

/*
 * Begins; a dialer's request is due. Returns owned: fini() and p2p__free() it.
 * rx errors: what p2p__ws_head_rx() says, P2P_EPROTO (frames), P2P_ECLOSED (the
 * peer closes), P2P_ELIMIT, P2P_ENOMEM.
 * Errors: P2P_EINVAL (no host, or none that may be in a header), P2P_ENOMEM.
 */
int p2p__ws_new(const struct p2p__ws_cfg *cfg, void **chan, p2p_ns now);

#endif

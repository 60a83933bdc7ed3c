/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What follows what on a new connection: the transport's channels, if it has
 * any; then multistream agrees on a security protocol, that tells who the peer
 * is and perhaps the muxer, else a second multistream agrees on it, and the
 * session opens the connection. A transport of its own has security and session
 * at once. Spec: libp2p connections, inlined muxer negotiation.
 */
#ifndef P2P_STACK_UPGRADE_H
#define P2P_STACK_UPGRADE_H

#include "stack/conn.h"

/* Puts the first channel on a connected pipe. 0 or P2P_ENOMEM. */
int p2p__upgrade_start(struct p2p__conn *c, p2p_ns now);

/* Looks at what the channels came to; puts the next part on top. 0, or why
 * the connection cannot be. */
int p2p__upgrade_step(struct p2p__conn *c, p2p_ns now);

/* What an error of the pipe or the channels means: in a private network, who
 * does not begin as all do has another key, or none: P2P_EAUTH. */
int p2p__upgrade_error(const struct p2p__conn *c, int err);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the transports of p2p-ws share. */
#ifndef P2P_WS_INTERNAL_H
#define P2P_WS_INTERNAL_H

#include "port/transport.h"
#include "ws/host_text.h"

/* Makes the channel of frames; a dialer's Host header leaves out the port that
 * is `usual`. 1, or a negative code. */
int p2p__ws_channel(const struct p2p__transport_conn *conn, const char *usual,
                    const struct p2p__chan_ops **ops, void **chan, p2p_ns now);

#endif

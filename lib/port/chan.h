/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A channel turns bytes into bytes, one per connection: multistream, noise,
 * later pnet, tls, ws. The stack drives it like this:
 *
 *   inbound    do { rx(in, up); handle events; pass up on }
 *              while (in.len > 0 || up.len > 0)
 *   outbound   tx(above, out): takes from above what out has room for; then
 *              handle events
 *
 * rx consumes some of `in` (it may rewrite it in place), makes at most one
 * slice for the layer above, and stops at an event, so that the stack can look
 * at either before the next byte is touched. It always makes progress:
 * consumes, or yields, or the event queue was not drained. `up` is valid until
 * the next rx or tx, which lets the buffer behind it go: hence the last call
 * above, with nothing in.
 * A negative return poisons the channel: one more tx is drawn (the wire's last
 * word), then fini. Once an event said DONE, the channel is no longer asked:
 * multistream takes itself out this way.
 */
#ifndef P2P_PORT_CHAN_H
#define P2P_PORT_CHAN_H

#include "base/slice.h"

struct p2p__chan_ops {
    const char *protocol; /* constant: "/noise", "/multistream/1.0.0" */
    int (*rx)(void *chan, struct p2p__slice *in, struct p2p__slice *up,
              p2p_ns now);
    int (*tx)(void *chan, struct p2p__src *above, struct p2p__outbuf *out,
              p2p_ns now);
    p2p_ns (*deadline)(const void *chan);
    int (*expire)(void *chan, p2p_ns now);
    void (*fini)(void *chan);
};

#endif

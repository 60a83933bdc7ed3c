/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * WebSocket in the clear as a transport: addresses that end in /ws. One channel
 * between the pipe and security, and nothing that a host would have for all.
 * Spec: libp2p websockets.
 */
#include "p2p/ws.h"

#include "ws/internal.h"

/* Behind QUIC and TCP. */
#define RANK 20U

static bool speaks(const struct p2p_multiaddr *ma, size_t at)
{
    struct p2p_multiaddr_part part;

    return p2p_multiaddr_next(ma, &at, &part) &&
           part.code == P2P_MULTIADDR_WS && at == ma->len;
}

int p2p__ws_channel(const struct p2p__transport_conn *conn, const char *usual,
                    const struct p2p__chan_ops **ops, void **chan, p2p_ns now)
{
    struct p2p__host_text host = {.name = ""};
    struct p2p__ws_cfg cfg = {.dialer = conn->dialer,
                              .host = host.header,
                              .env = conn->env,
                              .quota = conn->quota,
                              .owner = conn->owner};
    int rv = conn->dialer ? p2p__host_text_of(conn->addr, usual, &host) : 0;

    if (rv == 0) {
        *ops = &p2p__ws_ops;
        rv = p2p__ws_new(&cfg, chan, now);
    }
    return rv != 0 ? rv : 1;
}

static int channel(const struct p2p__transport_conn *conn, unsigned index,
                   const struct p2p__chan_ops **ops, void **chan, p2p_ns now)
{
    return index == 0 ? p2p__ws_channel(conn, "80", ops, chan, now) : 0;
}

static const struct p2p_transport transport = {
    .name = "ws",
    .port_code = P2P_MULTIADDR_TCP,
    .rank = RANK,
    .speaks = speaks,
    .channel = channel,
};

const struct p2p_transport *p2p_transport_ws(void)
{
    return &transport;
}

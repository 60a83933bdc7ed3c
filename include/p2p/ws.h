/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * WebSocket as a transport of hosts: a library of its own, p2p-ws
 * (`pkg-config --libs p2p-ws`), of the same version as p2p. Browsers speak it,
 * and it passes where HTTP alone does.
 *
 *     const struct p2p_transport *const transports[] = {p2p_transport_tcp(),
 * p2p_transport_ws(), NULL}; cfg.transports = transports;
 *     …
 *     p2p_host_listen(host, "/ip4/0.0.0.0/tcp/80/ws");
 */
#ifndef P2P_WS_H
#define P2P_WS_H

#include "p2p/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * WebSocket in the clear: addresses that end in /ws. What goes over it is
 * secured all the same, by Noise or TLS inside. A server may stand behind a
 * reverse proxy, which ends TLS for it; all its connections come from the
 * proxy's address then, see p2p_host_config.max_pending_per_addr.
 * Spec: libp2p websockets; RFC 6455.
 * @return a constant
 */
P2P_API const struct p2p_transport *p2p_transport_ws(void);

#ifdef __cplusplus
}
#endif

#endif

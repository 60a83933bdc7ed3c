/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See ways.h. A transport listens nowhere by itself: what it is for without an
 * address of ours is to reach those who have one. */
#include "mesh/bus/ways.h"

#ifdef WITH_QUIC
#include <p2p/quic.h>
#endif
#ifdef WITH_TLS
#include <p2p/tls.h>
#endif

void um_ways_fill(struct um_ways *ways, bool plain)
{
    size_t transports = 0, security = 0;

    *ways = (struct um_ways){.transports = {NULL}};
#ifdef WITH_QUIC
    if (!plain) {
        ways->transports[transports++] = p2p_transport_quic();
    }
#endif
    ways->transports[transports] = p2p_transport_tcp();
    ways->security[security++] = p2p_security_noise();
#ifdef WITH_TLS
    if (!plain) {
        ways->security[security] = p2p_security_tls();
    }
#endif
}

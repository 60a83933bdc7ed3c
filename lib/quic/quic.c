/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The public function of the library p2p-quic. */
#include "p2p/quic.h"

#include "mux/quic/endpoint.h"

const struct p2p_transport *p2p_transport_quic(void)
{
    return &p2p__quic_transport;
}

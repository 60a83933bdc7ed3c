/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * QUIC v1 as a transport of hosts: a library of its own, p2p-quic
 * (`pkg-config --libs p2p-quic`), of the same version as p2p.
 *
 *     const struct p2p_transport *const transports[] = {
 *         p2p_transport_quic(), p2p_transport_tcp(), NULL};
 *     cfg.transports = transports;
 */
#ifndef P2P_QUIC_H
#define P2P_QUIC_H

#include "p2p/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * QUIC v1: connections over UDP that are secure (TLS 1.3, with a certificate
 * that the host's key signs) and multiplexed by themselves. Addresses like
 * /ip4/192.0.2.1/udp/4001/quic-v1. One socket for each address that is
 * listened at; dials go out by one of them.
 * Spec: libp2p quic, tls; RFC 9000, 9001, 9002.
 * @return a constant
 */
P2P_API const struct p2p_transport *p2p_transport_quic(void);

#ifdef __cplusplus
}
#endif

#endif

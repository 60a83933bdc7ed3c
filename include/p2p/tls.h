/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * TLS 1.3 as a security protocol of hosts. It is a library of its own, p2p-tls
 * (`pkg-config --libs p2p-tls`), of the same version as p2p.
 *
 *     const struct p2p_security *const security[] = {
 *         p2p_security_tls(), p2p_security_noise(), NULL};
 *     cfg.security = security;
 */
#ifndef P2P_TLS_H
#define P2P_TLS_H

#include "p2p/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * TLS 1.3, with a certificate that the host's key signs; the muxer is agreed
 * on inside the handshake, by ALPN. Keys of all types.
 * Spec: libp2p tls; libp2p connections, inlined muxer negotiation.
 * @return a constant
 */
P2P_API const struct p2p_security *p2p_security_tls(void);

#ifdef __cplusplus
}
#endif

#endif

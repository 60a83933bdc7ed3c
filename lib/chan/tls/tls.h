/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The channel that is secured by TLS 1.3, on GnuTLS: both ends show the
 * certificate of ident/cert.h, and ALPN agrees on the muxer. Specs: libp2p tls
 * (r0), inlined muxer negotiation; RFC 8446.
 *
 * GnuTLS is given bytes and gives bytes, never a socket: what it reads comes
 * out of the slice that rx was called with, what it writes goes into a small
 * buffer that tx empties, or, once established, straight to where tx writes. A
 * record's text is what GnuTLS decrypted it into, lent until the next call.
 *
 * Failure: what the verification says of the peer's certificate, or what
 * GnuTLS says; it poisons the channel, and the alert is the last word.
 */
#ifndef P2P_CHAN_TLS_H
#define P2P_CHAN_TLS_H

#include "port/sec.h"

#define P2P__TLS_PROTOCOL "/tls/1.0.0"

/* What is read without a byte for the layer above, in bytes: a handshake with
 * the longest certificate, later two records. GnuTLS puts a message together
 * before it looks at its length, and that can be 16 MiB. */
#define P2P__CAP_TLS_QUIET_BYTES 34816U

/* What we have to say and nobody has drawn yet, in bytes: a flight of the
 * handshake; later, answers to key updates of a peer that never reads. */
#define P2P__TLS_PENDING_MAX 16384U

/* What a session of GnuTLS takes, as it is charged to the quota: measured
 * after a handshake. In bytes. */
#define P2P__TLS_SESSION_BYTES 16384U

/* The most plaintext of a record, in bytes, and what is around it. */
#define P2P__TLS_PLAIN_MAX 16384U
#define P2P__TLS_OVERHEAD  22U

/* Records are not begun with less room than this behind others, in bytes. */
#define P2P__TLS_ROOM_MIN 512U

/* How long a handshake may take, if the configuration does not say. */
#define P2P__TLS_TIMEOUT P2P__SEC(10)

/* TLS as a security protocol of hosts; its id is a struct p2p__tls_id. */
extern const struct p2p_security p2p__tls_security;

#endif

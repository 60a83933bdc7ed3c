/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Answers without a connection: that we speak another version, that a client
 * is to show that its address is its own, that it is not wanted, that a
 * connection is forgotten. Each writes one datagram and keeps nothing.
 */
#ifndef P2P_MUX_QUIC_REPLY_H
#define P2P_MUX_QUIC_REPLY_H

#include "mux/quic/quic.h"

/* The longest of them, in bytes. */
#define P2P__QUIC_REPLY_BYTES 256U

/* How long the token of a retry is good. */
#define P2P__QUIC_TOKEN_NS P2P__SEC(10)

/* Codes of a refusal. RFC 9000, 20.1. */
#define P2P__QUIC_REFUSED       0x02U
#define P2P__QUIC_INVALID_TOKEN 0x0bU

/* The versions that we speak. Returns the bytes written. RFC 9000, 6.1. */
size_t p2p__quic_reply_version(const struct p2p__quic_first *first,
                               struct p2p__env *env, uint8_t *to);

/* A retry, whose token only this address gives back. RFC 9000, 8.1.2. */
size_t p2p__quic_reply_retry(const struct p2p__quic_shared *shared,
                             const struct p2p__quic_first *first,
                             const struct p2p__addr *from, uint8_t *to,
                             p2p_ns now);

/* Whether the token of a client's first datagram is of such a retry; sets
 * first->original then. */
bool p2p__quic_reply_proven(const struct p2p__quic_shared *shared,
                            struct p2p__quic_first *first,
                            const struct p2p__addr *from, p2p_ns now);

/* Closes what never began. */
size_t p2p__quic_reply_refuse(const struct p2p__quic_first *first,
                              uint64_t code, uint8_t *to);

/* A stateless reset for a datagram of `len` bytes: shorter than that, so that
 * two that forgot each other fall silent. RFC 9000, 10.3. */
size_t p2p__quic_reply_reset(const struct p2p__quic_shared *shared,
                             const struct p2p__quic_first *first, size_t len,
                             uint8_t *to);

#endif

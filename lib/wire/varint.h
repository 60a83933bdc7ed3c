/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Integers in groups of seven bits, least first, and the two rules for reading
 * them. Multiformats' unsigned-varint: at most 9 bytes and only the shortest
 * form, so that one number has one encoding. Protobuf: at most 10 bytes, 64
 * bits, and longer forms than needed are fine.
 */
#ifndef P2P_WIRE_VARINT_H
#define P2P_WIRE_VARINT_H

#include "base/types.h"

/* The longest encodings, in bytes. */
#define P2P__VARINT_MAX    9U  /* unsigned-varint: 63 bits */
#define P2P__VARINT_PB_MAX 10U /* protobuf: 64 bits */

/* How many bytes p2p__varint_put() writes for v: 1..10. */
size_t p2p__varint_len(uint64_t v);

/* Writes the shortest form of v to buf, which has room for
 * P2P__VARINT_PB_MAX bytes. Returns how many it wrote. */
size_t p2p__varint_put(uint8_t *buf, uint64_t v);

/*
 * Reads an unsigned-varint from the front of `len` borrowed bytes.
 * Returns how many bytes it took (> 0), or 0 if it goes on behind them.
 * Errors: P2P_EFORMAT (more than 9 bytes, or not the shortest form).
 */
int p2p__varint_get(const uint8_t *p, size_t len, uint64_t *v);

/*
 * Reads a protobuf varint from the front of `len` borrowed bytes.
 * Returns how many bytes it took (> 0), or 0 if it goes on behind them.
 * Errors: P2P_EFORMAT (more than 10 bytes or 64 bits).
 */
int p2p__varint_get_pb(const uint8_t *p, size_t len, uint64_t *v);

#endif

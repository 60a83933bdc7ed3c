/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Bytes as text: the bases that peer ids, multiaddrs and certificate hashes
 * are written in. One text for some bytes and one only: digits of the other
 * case, padding and left-over bits are refused.
 * Specs: multiformats/multibase, RFC 4648, the base58 draft.
 */
#ifndef P2P_WIRE_MULTIBASE_H
#define P2P_WIRE_MULTIBASE_H

#include "base/types.h"

/* A base, by its multibase prefix. */
enum p2p__base {
    P2P__BASE16 = 'f',
    P2P__BASE16_UPPER = 'F',
    P2P__BASE32 = 'b',
    P2P__BASE32_UPPER = 'B',
    P2P__BASE36 = 'k',
    P2P__BASE36_UPPER = 'K',
    P2P__BASE58 = 'z', /* Bitcoin's alphabet */
    P2P__BASE64 = 'm',
    P2P__BASE64_URL = 'u'
};

/*
 * Writes `len` borrowed bytes in `base`, without prefix, to `cap` bytes at
 * `text`, and no ending zero. Base36 and base58 take time in len * len.
 * Returns the text's length. Errors: P2P_ETOOBIG (cap).
 */
int p2p__base_encode(enum p2p__base base, const uint8_t *p, size_t len,
                     char *text, size_t cap);

/*
 * Reads `len` borrowed characters in `base`, without prefix, into `cap` bytes
 * at `out`. Returns how many bytes.
 * Errors: P2P_EFORMAT, P2P_ETOOBIG (more than cap).
 */
int p2p__base_decode(enum p2p__base base, const char *text, size_t len,
                     uint8_t *out, size_t cap);

/* The same with the prefix in front. */
int p2p__multibase_encode(enum p2p__base base, const uint8_t *p, size_t len,
                          char *text, size_t cap);

/* The same, where the prefix tells the base. */
int p2p__multibase_decode(const char *text, size_t len, uint8_t *out,
                          size_t cap);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A connection as a node's row tells of it: with whom, over what, how far. Few
 * bytes each, as every row of every heartbeat has them; for people who look at
 * the mesh, and believed by nothing. docs/reference/formats.md.
 */
#ifndef UM_TRUST_TIE_H
#define UM_TRUST_TIE_H

#include <stdbool.h>
#include <stdint.h>

#include "mesh/base/buf.h"
#include "mesh/trust/name.h"

/** Bytes of a member's key that stand for it, and of a connection. */
#define UM_TIE_MEMBER_BYTES 8
#define UM_TIE_BYTES        12

/** The most connections that a row tells of; one with more is refused. */
#define UM__CAP_ROW_TIES 64

/** What a connection goes over. The order is the format's. */
enum um_tie_over {
    UM_TIE_OTHER,
    UM_TIE_TCP,
    UM_TIE_QUIC,
    UM_TIE_WS,
    UM_TIE_WSS,
    UM_TIE_WEBRTC,
    UM_TIE_WEBTRANSPORT
};

/** A connection. */
struct um_tie {
    uint8_t member[UM_TIE_MEMBER_BYTES]; /**< the first bytes of its key */
    enum um_tie_over over;
    bool relayed;
    bool dialled;    /**< by who tells of it */
    uint32_t rtt_us; /**< 0: not measured; at most 2^24 - 1 */
};

/** What the multiaddr of a connection's other end says of it: `over` and
 * `relayed`. @param addr borrows the text */
void um_tie_addr(const char *addr, struct um_tie *t);

/** The word for what it goes over, as in a multiaddr; "other". */
const char *um_tie_word(enum um_tie_over over);

/** Appends one; a longer round trip is told as the longest. */
void um_tie_put(struct um_buf *out, const struct um_tie *t);

/** Takes the first one off; false: there is none. What goes over something
 * that is not known here is UM_TIE_OTHER. */
bool um_tie_take(struct um_str *ties, struct um_tie *out);

/** Whether bytes are so many whole ties as a row may have. */
bool um_tie_fits(struct um_str ties);

#endif

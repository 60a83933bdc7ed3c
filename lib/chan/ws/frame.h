/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Frames of a WebSocket: their headers, read and written, and the mask over
 * their payload, which stays where it is. Which frame may come when is not
 * known here. RFC 6455, section 5.
 *
 *     while (in.len > 0) {
 *         if (!f.open && (rv = p2p__ws_frame_rx(&f, &in)) <= 0) …
 *         piece = p2p__ws_frame_take(&f, &in);
 *     }
 */
#ifndef P2P_CHAN_WS_FRAME_H
#define P2P_CHAN_WS_FRAME_H

#include "base/slice.h"

/* The longest header in bytes, and the longest payload of a control frame. */
#define P2P__WS_HEADER_MAX  14U
#define P2P__WS_CONTROL_MAX 125U

/* The longest payload whose header has two bytes of length. */
#define P2P__WS_SHORT_MAX 65535U

#define P2P__WS_MASK_BYTES 4U

enum p2p__ws_opcode {
    P2P__WS_CONTINUATION = 0x0,
    P2P__WS_TEXT = 0x1,
    P2P__WS_BINARY = 0x2,
    P2P__WS_CLOSE = 0x8,
    P2P__WS_PING = 0x9,
    P2P__WS_PONG = 0xa
};

/* The frame that is being read; zeroed before the first one. */
struct p2p__ws_frame {
    uint64_t len;                     /* of the payload */
    uint64_t at;                      /* of it, how much is through */
    uint8_t head[P2P__WS_HEADER_MAX]; /* the header, as it came */
    uint8_t mask[P2P__WS_MASK_BYTES]; /* zeros where there is none */
    uint8_t have;                     /* bytes of the header */
    uint8_t opcode;                   /* as it came: perhaps none of above */
    bool fin;
    bool masked;
    bool open; /* the header is whole, the payload is not */
};

/*
 * Reads a header; not while the frame is open. Returns 1 when it is whole (the
 * frame is open now, also when there is no payload), 0: it wants more.
 * Errors: P2P_EPROTO (reserved bits; a control frame that is in fragments or
 * too long; a length in more bytes than it needs, or of 2^63 and more).
 */
int p2p__ws_frame_rx(struct p2p__ws_frame *f, struct p2p__slice *in);

/* What of `in` is payload of the open frame, unmasked in place, and taken off
 * `in`; perhaps nothing. With its last byte the frame is not open any more. */
struct p2p__slice p2p__ws_frame_take(struct p2p__ws_frame *f,
                                     struct p2p__slice *in);

/* Whether a control frame has this opcode, reserved ones included. */
static inline bool p2p__ws_is_control(unsigned opcode)
{
    return (opcode & 0x8U) != 0;
}

/* Writes the header of a whole message in one frame; mask: NULL: none. Returns
 * its length, at most P2P__WS_HEADER_MAX. */
size_t p2p__ws_frame_head(uint8_t *to, enum p2p__ws_opcode opcode, size_t len,
                          const uint8_t *mask);

/* Masks, or unmasks, bytes in place; the first is number `at` of the payload.
 */
void p2p__ws_mask(uint8_t *p, size_t len, const uint8_t *mask, uint64_t at);

#endif

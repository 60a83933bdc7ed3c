/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See frame.h. */
#include "chan/ws/frame.h"

#define FIN       0x80U
#define RESERVED  0x70U
#define OPCODE    0x0fU
#define MASKED    0x80U
#define LENGTH    0x7fU
#define LENGTH_16 126U
#define LENGTH_64 127U

/* How long the header is, of which two bytes are there. */
static unsigned header_size(const uint8_t *head)
{
    unsigned length = head[1] & LENGTH;
    unsigned more = length == LENGTH_16 ? 2U : length == LENGTH_64 ? 8U : 0U;

    return 2U + more + ((head[1] & MASKED) != 0 ? P2P__WS_MASK_BYTES : 0U);
}

/* Reads a length of some bytes, the highest first. */
static uint64_t read_length(const uint8_t *p, size_t bytes)
{
    uint64_t v = 0;

    for (size_t i = 0; i < bytes; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

/* Looks at a header that is whole. 1, or P2P_EPROTO. */
static int read_head(struct p2p__ws_frame *f)
{
    const uint8_t *p = f->head + 2;
    unsigned length = f->head[1] & LENGTH;

    f->fin = (f->head[0] & FIN) != 0;
    f->opcode = f->head[0] & OPCODE;
    f->masked = (f->head[1] & MASKED) != 0;
    f->len = length;
    f->at = 0;
    if (length == LENGTH_16) {
        f->len = read_length(p, 2);
        p += 2;
    } else if (length == LENGTH_64) {
        f->len = read_length(p, 8);
        p += 8;
    }
    if ((f->head[0] & RESERVED) != 0 || f->len > INT64_MAX ||
        (length == LENGTH_16 && f->len < LENGTH_16) ||
        (length == LENGTH_64 && f->len <= P2P__WS_SHORT_MAX) ||
        (p2p__ws_is_control(f->opcode) &&
         (!f->fin || length > P2P__WS_CONTROL_MAX))) {
        return P2P_EPROTO;
    }
    memset(f->mask, 0, sizeof f->mask);
    if (f->masked) {
        memcpy(f->mask, p, sizeof f->mask);
    }
    f->have = 0;
    f->open = true;
    return 1;
}

int p2p__ws_frame_rx(struct p2p__ws_frame *f, struct p2p__slice *in)
{
    unsigned want = f->have < 2 ? 2 : header_size(f->head);

    assert(!f->open);
    while (in->len > 0 && f->have < want) {
        f->head[f->have++] = *in->p;
        p2p__slice_skip(in, 1);
        want = f->have < 2 ? 2 : header_size(f->head);
    }
    assert(want <= sizeof f->head);
    return f->have < want ? 0 : read_head(f);
}

struct p2p__slice p2p__ws_frame_take(struct p2p__ws_frame *f,
                                     struct p2p__slice *in)
{
    struct p2p__slice piece = *in;

    assert(f->open);
    if (piece.len > f->len - f->at) {
        piece.len = (size_t)(f->len - f->at);
    }
    if (f->masked) {
        p2p__ws_mask(piece.p, piece.len, f->mask, f->at);
    }
    p2p__slice_skip(in, piece.len);
    f->at += piece.len;
    f->open = f->at < f->len;
    return piece;
}

size_t p2p__ws_frame_head(uint8_t *to, enum p2p__ws_opcode opcode, size_t len,
                          const uint8_t *mask)
{
    size_t n = 2, bytes = 0;

    to[0] = (uint8_t)(FIN | opcode);
    if (len <= P2P__WS_CONTROL_MAX) {
        to[1] = (uint8_t)len;
    } else {
        bytes = len <= P2P__WS_SHORT_MAX ? 2 : 8;
        to[1] = bytes == 2 ? LENGTH_16 : LENGTH_64;
    }
    for (size_t i = 0; i < bytes; i++) {
        to[n++] = (uint8_t)((uint64_t)len >> (8 * (bytes - 1 - i)));
    }
    if (mask != NULL) {
        to[1] |= MASKED;
        memcpy(to + n, mask, P2P__WS_MASK_BYTES);
        n += P2P__WS_MASK_BYTES;
    }
    return n;
}

void p2p__ws_mask(uint8_t *p, size_t len, const uint8_t *mask, uint64_t at)
{
    /* The mask twice, as it falls on the first bytes. */
    uint8_t key[8] = {0};
    uint64_t wide, v;
    size_t i = 0;

    for (size_t k = 0; k < sizeof key; k++) {
        key[k] = mask[(at + k) % P2P__WS_MASK_BYTES];
    }
    memcpy(&wide, key, sizeof wide);
    for (; len - i >= sizeof wide; i += sizeof wide) {
        memcpy(&v, p + i, sizeof v);
        v ^= wide;
        memcpy(p + i, &v, sizeof v);
    }
    for (size_t k = 0; i < len; i++, k++) {
        p[i] ^= key[k];
    }
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See varint.h. The happy path is one or two bytes. What goes wrong: an
 * encoding that does not end within its limit is refused at the limit, so an
 * endless row of 0x80 costs ten looks; one that is cut off is no error, as
 * more may be on its way.
 */
#include "wire/varint.h"

#define MORE 0x80U
#define BITS 0x7fU

size_t p2p__varint_len(uint64_t v)
{
    size_t n = 1;

    while (v >= MORE) {
        v >>= 7;
        n++;
    }
    return n;
}

size_t p2p__varint_put(uint8_t *buf, uint64_t v)
{
    size_t n = 0;

    while (v >= MORE) {
        buf[n++] = (uint8_t)(v | MORE);
        v >>= 7;
    }
    buf[n++] = (uint8_t)v;
    assert(n <= P2P__VARINT_PB_MAX);
    return n;
}

/* Reads at most `max` bytes; same answers as the callers'. */
static int get(const uint8_t *p, size_t len, size_t max, uint64_t *v)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < len && i < max; i++) {
        sum |= (p[i] & (uint64_t)BITS) << (7 * i);
        if (p[i] < MORE) {
            *v = sum;
            return (int)(i + 1);
        }
    }
    return len < max ? 0 : P2P_EFORMAT;
}

int p2p__varint_get(const uint8_t *p, size_t len, uint64_t *v)
{
    int n = get(p, len, P2P__VARINT_MAX, v);

    if (n > 1 && p[n - 1] == 0) {
        return P2P_EFORMAT;
    }
    return n;
}

int p2p__varint_get_pb(const uint8_t *p, size_t len, uint64_t *v)
{
    int n = get(p, len, P2P__VARINT_PB_MAX, v);

    /* Nine groups are 63 bits: the tenth byte has room for one. */
    if (n == (int)P2P__VARINT_PB_MAX && p[n - 1] > 1) {
        return P2P_EFORMAT;
    }
    return n;
}

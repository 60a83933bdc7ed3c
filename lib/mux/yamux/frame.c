/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Headers to bytes and back, big endian. Nothing here can fail. */
#include "mux/yamux/frame.h"

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

void p2p__yamux_encode(uint8_t *p, const struct p2p__yamux_header *h)
{
    p[0] = h->version;
    p[1] = h->type;
    p[2] = (uint8_t)(h->flags >> 8);
    p[3] = (uint8_t)h->flags;
    put32(p + 4, h->id);
    put32(p + 8, h->length);
}

struct p2p__yamux_header p2p__yamux_decode(const uint8_t *p)
{
    return (struct p2p__yamux_header){
        .version = p[0],
        .type = p[1],
        .flags = (uint16_t)(p[2] << 8 | p[3]),
        .id = get32(p + 4),
        .length = get32(p + 8),
    };
}

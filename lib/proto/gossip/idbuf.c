/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Encoded ids in a block that doubles. */
#include "proto/gossip/idbuf.h"

#include "base/mem.h"
#include "proto/gossip/rpc.h"
#include "wire/varint.h"

#define FIRST_ROOM 128U

/* IWANT and IDONTWANT have their ids in the same field. */
static size_t encoded(size_t len)
{
    return 1 + p2p__varint_len(len) + len;
}

static uint32_t next_room(const struct p2p__gossip_idbuf *b, size_t more)
{
    uint32_t room = b->room;

    while (room - b->len < more) {
        room = room == 0 ? FIRST_ROOM : room * 2;
    }
    return room;
}

size_t p2p__gossip_idbuf_need(const struct p2p__gossip_idbuf *b, size_t len)
{
    return next_room(b, encoded(len)) - b->room;
}

int p2p__gossip_idbuf_add(struct p2p__gossip_idbuf *b, const void *id,
                          size_t len)
{
    uint32_t room = next_room(b, encoded(len));
    struct p2p__pbw w;

    assert(len <= P2P__CAP_GOSSIP_ID);
    if (room != b->room) {
        uint8_t *p = p2p__realloc(b->p, room);

        if (p == NULL) {
            return P2P_ENOMEM;
        }
        b->p = p;
        b->room = room;
    }
    p2p__pbw_init(&w, b->p + b->len, b->room - b->len);
    p2p__pbw_bytes(&w, P2P__RPC_IWANT_IDS, id, len);
    assert(p2p__pbw_end(&w) == (int)encoded(len));
    b->len += (uint32_t)w.len;
    b->count++;
    return 0;
}

size_t p2p__gossip_idbuf_clear(struct p2p__gossip_idbuf *b)
{
    if (b->room > FIRST_ROOM) {
        return p2p__gossip_idbuf_fini(b);
    }
    b->len = 0;
    b->count = 0;
    return 0;
}

size_t p2p__gossip_idbuf_fini(struct p2p__gossip_idbuf *b)
{
    size_t held = b->room;

    p2p__free(b->p);
    *b = (struct p2p__gossip_idbuf){0};
    return held;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Peers that are numbers, for books that look at ids alone. */
#ifndef TESTS_LIB_MADE_PEER_H
#define TESTS_LIB_MADE_PEER_H

#include "must.h"
#include "p2p/peer_id.h"

#include <string.h>

/* The peer of a number: an Ed25519 key that begins with it. */
static inline struct p2p_peer_id made_peer(uint32_t n)
{
    uint8_t bytes[38] = {0, 36, 8, 1, 18, 32};
    struct p2p_peer_id id;

    memcpy(bytes + 6, &n, sizeof n);
    must(p2p_peer_id_from_bytes(bytes, sizeof bytes, &id) == 0);
    return id;
}

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See who.h. A key is the kind, the family of the address, and what counts of
 * the bytes. */
#include "proto/fair/who.h"

/* Bytes of an address that count. */
static size_t prefix(uint8_t family, enum p2p__fair_kind kind)
{
    if (family == 4) {
        return kind == P2P__FAIR_GROUP ? 3 : 4;
    }
    return family == 6 ? (kind == P2P__FAIR_GROUP ? 6 : 8) : 0;
}

void p2p__fair_key(const struct p2p__fair_who *who, enum p2p__fair_kind kind,
                   struct p2p__fair_key *out)
{
    const bool is_peer = kind == P2P__FAIR_PEER;
    const size_t len = is_peer ? who->id->len : prefix(who->at->family, kind);

    assert(2 + len <= sizeof out->bytes);
    out->bytes[0] = (uint8_t)kind;
    out->bytes[1] = is_peer ? 0 : who->at->family;
    memcpy(out->bytes + 2, is_peer ? who->id->bytes : who->at->ip, len);
    out->len = (uint8_t)(2 + len);
}

bool p2p__fair_same(const struct p2p__fair_key *a,
                    const struct p2p__fair_key *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

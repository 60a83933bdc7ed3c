/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See peer.h. */
#include "mesh/trust/peer.h"

#include <assert.h>

#include "mesh/trust/item.h"
#include "p2p/err.h"

/* What stands before an Ed25519 key in its protobuf. */
#define HEAD (UM_ITEM_PUBKEY_BYTES - UM_NAME_BYTES)

void um_peer_of(const struct um_name *member, struct p2p_peer_id *out)
{
    uint8_t pb[UM_ITEM_PUBKEY_BYTES];
    int rv;

    um_item_pubkey(member, pb);
    rv = p2p_peer_id_from_pubkey(pb, sizeof pb, out);
    assert(rv == 0);
    (void)rv;
}

int um_peer_member(const struct p2p_peer_id *peer, struct um_name *out)
{
    uint8_t pb[UM_ITEM_PUBKEY_BYTES];
    size_t len;
    const uint8_t *key = p2p_peer_id_pubkey(peer, &len);

    if (key == NULL || len != sizeof pb)
        return P2P_EINVAL;
    memcpy(out->b, key + HEAD, UM_NAME_BYTES);
    um_item_pubkey(out, pb);
    return memcmp(pb, key, sizeof pb) == 0 && !um_name_none(out) ? 0
                                                                 : P2P_EINVAL;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A certificate that a peer sends. One that holds names its owner by a key
 * that is one, and the same certificate with a byte more does not hold.
 */
#include <stdlib.h>

#include "ident/cert.h"

#define NOW INT64_C(1795651200) /* 2026-11-26 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine) {
        abort();
    }
}

/* What was said of a certificate that holds. */
static void check_owner(const struct p2p__cert_owner *owner)
{
    struct p2p_peer_id id;

    need(p2p_pubkey_check(owner->pubkey, owner->pubkey_len) >= 0);
    need(p2p_peer_id_from_pubkey(owner->pubkey, owner->pubkey_len, &id) == 0);
    need(p2p_peer_id_equal(&id, &owner->id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct p2p__cert_owner owner;

    if (p2p__cert_open(p2p__slice_of(data, size), NOW, &owner) == 0) {
        uint8_t longer[P2P__CAP_CERT_BYTES + 1];

        check_owner(&owner);
        memcpy(longer, data, size);
        longer[size] = 0;
        need(p2p__cert_open(p2p__slice_of(longer, size + 1), NOW, &owner) != 0);
    }
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The first byte says what the rest is: text, bytes, or a public key. A peer
 * id must come back the same from all of its forms. */
#include <stdlib.h>

#include "base/types.h"
#include "p2p/peer_id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine) {
        abort();
    }
}

static void check(const struct p2p_peer_id *id)
{
    struct p2p_peer_id back;
    char text[P2P_PEER_ID_TEXT_MAX];
    const uint8_t *pub;
    size_t len;

    p2p_peer_id_text(id, text);
    need(p2p_peer_id_from_text(text, strlen(text), &back) == 0);
    need(p2p_peer_id_equal(id, &back));
    p2p_peer_id_cid_text(id, text);
    need(p2p_peer_id_from_text(text, strlen(text), &back) == 0);
    need(p2p_peer_id_compare(id, &back) == 0);
    pub = p2p_peer_id_pubkey(id, &len);
    if (pub != NULL && p2p_peer_id_from_pubkey(pub, len, &back) == 0) {
        need(p2p_peer_id_equal(id, &back));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct p2p_peer_id id;
    int err;

    if (size == 0) {
        return 0;
    }
    switch (data[0] % 3) {
        case 0:
            err = p2p_peer_id_from_text((const char *)data + 1, size - 1, &id);
            break;
        case 1:
            err = p2p_peer_id_from_bytes(data + 1, size - 1, &id);
            break;
        default:
            err = p2p_peer_id_from_pubkey(data + 1, size - 1, &id);
            break;
    }
    if (err == 0) {
        check(&id);
    }
    return 0;
}

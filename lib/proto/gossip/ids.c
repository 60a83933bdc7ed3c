/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The message id functions that implementations use. */
#include "p2p/hash.h"
#include "proto/gossip/state.h"

/* One slice behind the other, if they are there and fit. */
static int join(const struct p2p__slice *a, const struct p2p__slice *b,
                uint8_t *out)
{
    if (a->len == 0 || b->len == 0 || a->len > P2P__CAP_GOSSIP_ID ||
        b->len > P2P__CAP_GOSSIP_ID - a->len) {
        return P2P_EFORMAT;
    }
    memcpy(out, a->p, a->len);
    memcpy(out + a->len, b->p, b->len);
    return (int)(a->len + b->len);
}

int p2p__gossip_id_from_seqno(void *user, const struct p2p__gossip_view *v,
                              uint8_t *out)
{
    (void)user;
    return join(&v->from, &v->seqno, out);
}

int p2p__gossip_id_key_seqno(void *user, const struct p2p__gossip_view *v,
                             uint8_t *out)
{
    struct p2p_peer_id from;
    struct p2p__slice key = v->key;
    const uint8_t *inside;
    size_t len;

    (void)user;
    if (key.len == 0) {
        if (p2p_peer_id_from_bytes(v->from.p, v->from.len, &from) != 0) {
            return P2P_EFORMAT;
        }
        inside = p2p_peer_id_pubkey(&from, &len);
        if (inside == NULL) {
            return P2P_EFORMAT;
        }
        key = p2p__slice_of(inside, len);
    }
    return join(&key, &v->seqno, out);
}

int p2p__gossip_id_content(void *user, const struct p2p__gossip_view *v,
                           uint8_t *out)
{
    uint8_t both[2 * P2P_SHA256_BYTES];

    (void)user;
    p2p_sha256(v->topic.p, v->topic.len, both);
    p2p_sha256(v->data.p, v->data.len, both + P2P_SHA256_BYTES);
    p2p_sha256(both, sizeof both, out);
    return P2P_SHA256_BYTES;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Signatures. The happy path copies the signed part of a message behind the
 * prefix, in a buffer that is used again for every message: verifying takes
 * no memory. Possible failure modes: fields that are missing, too many or of
 * the wrong size, a key that is not the author's, and a wrong signature.
 */
#include "proto/gossip/sign.h"

static const char prefix[] = "libp2p-pubsub:";

#define PREFIX_LEN (sizeof prefix - 1)
#define SEQNO_LEN  8U

/* More than field heads, from, seqno, and topic take. */
#define HEAD_ROOM (64U + P2P_PEER_ID_MAX + SEQNO_LEN + P2P__CAP_GOSSIP_TOPIC)
#define TAIL_ROOM (16U + P2P_SIGNATURE_MAX + P2P_PUBKEY_MAX)

/* Whether the key, sent or inside `from`, is the author's. */
static int check_author(const struct p2p__gossip_view *v)
{
    struct p2p_peer_id from, of_key;
    size_t len;

    if (p2p_peer_id_from_bytes(v->from.p, v->from.len, &from) != 0) {
        return P2P_EFORMAT;
    }
    if (v->key.len == 0) {
        return p2p_peer_id_pubkey(&from, &len) != NULL ? 0 : P2P_EFORMAT;
    }
    if (v->key.len > P2P_PUBKEY_MAX ||
        p2p_peer_id_from_pubkey(v->key.p, v->key.len, &of_key) != 0) {
        return P2P_EFORMAT;
    }
    return p2p_peer_id_equal(&from, &of_key) ? 0 : P2P_EPEER;
}

int p2p__gossip_policy_check(const struct p2p__gossip *g,
                             const struct p2p__rpc_msg *msg)
{
    const struct p2p__gossip_view *v = &msg->view;

    if (g->cfg.policy == P2P__GOSSIP_STRICT_NO_SIGN) {
        bool any = p2p__rpc_msg_has(msg, P2P__RPC_MSG_FROM) ||
                   p2p__rpc_msg_has(msg, P2P__RPC_MSG_SEQNO) ||
                   p2p__rpc_msg_has(msg, P2P__RPC_MSG_SIGNATURE) ||
                   p2p__rpc_msg_has(msg, P2P__RPC_MSG_KEY);

        return any ? P2P_EFORMAT : 0;
    }
    if (v->seqno.len != SEQNO_LEN || v->signature.len == 0 ||
        v->signature.len > P2P_SIGNATURE_MAX) {
        return P2P_EFORMAT;
    }
    return check_author(v);
}

int p2p__gossip_verify(struct p2p__gossip *g, const struct p2p__rpc_msg *msg)
{
    size_t len = PREFIX_LEN + msg->signed_len + msg->extra.len;
    struct p2p_peer_id from;
    const uint8_t *key;
    size_t key_len;
    int rv;

    if (g->cfg.policy == P2P__GOSSIP_STRICT_NO_SIGN) {
        return 0;
    }
    rv = p2p__gossip_scratch(g, len);
    if (rv != 0) {
        return rv;
    }
    memcpy(g->scratch, prefix, PREFIX_LEN);
    memcpy(g->scratch + PREFIX_LEN, msg->body.p, msg->signed_len);
    if (msg->extra.len > 0) {
        memcpy(g->scratch + PREFIX_LEN + msg->signed_len, msg->extra.p,
               msg->extra.len);
    }
    key = msg->view.key.p;
    key_len = msg->view.key.len;
    if (key_len == 0) {
        /* check_author() saw that it is inside. */
        rv =
            p2p_peer_id_from_bytes(msg->view.from.p, msg->view.from.len, &from);
        assert(rv == 0);
        key = p2p_peer_id_pubkey(&from, &key_len);
    }
    return p2p_pubkey_verify(key, key_len, g->scratch, len,
                             msg->view.signature.p, msg->view.signature.len);
}

/* Our next sequence number: the wall clock in ns, and always larger than the
 * last one, which is what others check against replays. */
static uint64_t next_seqno(struct p2p__gossip *g)
{
    int64_t wall = g->env->wall_ns(g->env);
    uint64_t seqno = wall > 0 ? (uint64_t)wall : 1;

    g->seqno = seqno > g->seqno ? seqno : g->seqno + 1;
    return g->seqno;
}

/* Fields 1 to 4. */
static void put_signed(struct p2p__gossip *g, struct p2p__pbw *w,
                       const struct p2p__slice *topic,
                       const struct p2p__slice *data)
{
    bool stamped = g->cfg.policy == P2P__GOSSIP_STRICT_SIGN;
    uint64_t seqno = stamped ? next_seqno(g) : 0;
    uint8_t be[SEQNO_LEN];

    for (size_t i = 0; i < SEQNO_LEN; i++) {
        be[i] = (uint8_t)(seqno >> (8 * (SEQNO_LEN - 1 - i)));
    }
    if (stamped) {
        p2p__pbw_bytes(w, P2P__RPC_MSG_FROM, g->cfg.self.bytes,
                       g->cfg.self.len);
    }
    p2p__pbw_bytes(w, P2P__RPC_MSG_DATA, data->p, data->len);
    if (stamped) {
        p2p__pbw_bytes(w, P2P__RPC_MSG_SEQNO, be, sizeof be);
    }
    p2p__pbw_bytes(w, P2P__RPC_MSG_TOPIC, topic->p, topic->len);
}

/* Fields 5 and 6. */
static int put_signature(struct p2p__gossip *g, struct p2p__pbw *w)
{
    uint8_t sig[P2P_SIGNATURE_MAX];
    size_t sig_len, key_len;
    const uint8_t *key = p2p_key_public(g->cfg.key, &key_len);
    int rv = p2p_key_sign(g->cfg.key, g->scratch, PREFIX_LEN + w->len, sig,
                          &sig_len);

    if (rv != 0) {
        return rv;
    }
    p2p__pbw_bytes(w, P2P__RPC_MSG_SIGNATURE, sig, sig_len);
    p2p__pbw_bytes(w, P2P__RPC_MSG_KEY, key, key_len);
    return 0;
}

int p2p__gossip_sign(struct p2p__gossip *g, const struct p2p__slice *topic,
                     const struct p2p__slice *data, struct p2p__slice *body)
{
    size_t room = PREFIX_LEN + HEAD_ROOM + data->len + TAIL_ROOM;
    struct p2p__pbw w;
    int rv = p2p__gossip_scratch(g, room);

    if (rv != 0) {
        return rv;
    }
    memcpy(g->scratch, prefix, PREFIX_LEN);
    p2p__pbw_init(&w, g->scratch + PREFIX_LEN, room - PREFIX_LEN);
    put_signed(g, &w, topic, data);
    if (g->cfg.policy == P2P__GOSSIP_STRICT_SIGN) {
        rv = put_signature(g, &w);
    }
    if (rv == 0) {
        assert(p2p__pbw_end(&w) > 0);
        *body = p2p__slice_of(w.p, w.len);
    }
    return rv;
}

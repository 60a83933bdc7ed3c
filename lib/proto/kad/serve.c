/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a node of the DHT answers: see p2p__kad_serve() in kad.h. Answers are
 * cut before they are longer than a page: providers up to half of it, then
 * peers that are nearer.
 */
#include "proto/kad/kad.h"

/* Whom is answered, and how. */
struct answer {
    const struct p2p__kad *k;
    const struct p2p__kad_peer *to;
    struct p2p__pbw *w;
    size_t begin; /* where the answer begins in w */
};

/* Appends a peer, unless the answer would be longer than `most`. */
static bool tell(const struct answer *a, enum p2p__kad_list list,
                 const struct p2p__kad_peer *peer, size_t most)
{
    const size_t before = a->w->len;
    struct p2p__kad_addrs addrs;

    p2p__kad_addrs_fitting(&peer->addrs, p2p__kad_class(&a->to->at), &addrs);
    p2p__kad_msg_peer(a->w, list, &peer->id, &addrs);
    if (a->w->len - a->begin > most) {
        a->w->len = before;
        return false;
    }
    return true;
}

static void tell_providers(const struct answer *a, struct p2p__slice key,
                           p2p_ns now)
{
    struct p2p__kad_providers_walk walk;
    const struct p2p__kad_peer *peer;

    p2p__kad_providers_walk_init(&walk, &a->k->providers, key, now);
    do {
        peer = p2p__kad_providers_walk_next(&walk);
    } while (peer != NULL &&
             tell(a, P2P__KAD_PROVIDERS, peer, P2P__CAP_KAD_PAGE_BYTES / 2));
}

static void tell_closer(const struct answer *a, struct p2p__slice key)
{
    const struct p2p__kad_entry *near[P2P__KAD_K];
    struct p2p__kad_key target;
    size_t n;

    p2p__kad_key_of(key.p, key.len, &target);
    n = p2p__kad_table_nearest(&a->k->table, &target, &a->to->id, near);
    for (size_t i = 0; i < n && tell(a, P2P__KAD_CLOSER, &near[i]->peer,
                                     P2P__CAP_KAD_PAGE_BYTES);
         i++) {
    }
}

/* Keeps what a peer says that it provides: for itself alone. */
static int add_provider(struct p2p__kad *k, const struct p2p__kad_peer *from,
                        const struct p2p__kad_msg *msg, p2p_ns now)
{
    struct p2p__kad_walk walk;
    struct p2p__kad_peer peer;

    p2p__kad_walk_init(&walk, msg, P2P__KAD_PROVIDERS,
                       p2p__kad_class(&from->at));
    while (p2p__kad_walk_next(&walk, &peer)) {
        if (p2p_peer_id_equal(&peer.id, &from->id)) {
            peer.at = from->at;
            (void)p2p__kad_providers_add(&k->providers, msg->key, &peer, now);
        }
    }
    return 1;
}

/* Keeps a record. 0, or why not. */
static int put_value(struct p2p__kad *k, const struct p2p__kad_peer *from,
                     const struct p2p__kad_msg *msg, p2p_ns now)
{
    if (!msg->has_record || msg->record_key.len != msg->key.len ||
        memcmp(msg->record_key.p, msg->key.p, msg->key.len) != 0) {
        return P2P_EPROTO;
    }
    return p2p__kad_records_put(&k->records, from, msg->key, msg->value, now);
}

int p2p__kad_serve(struct p2p__kad *k, const struct p2p__kad_peer *from,
                   struct p2p__slice request, struct p2p__pbw *w, p2p_ns now)
{
    const struct answer a = {.k = k, .to = from, .w = w, .begin = w->len};
    struct p2p__kad_msg msg, answer;
    size_t frame;
    int rv = p2p__kad_msg_read(request, &msg);

    if (rv == 0 && msg.key.len == 0 && msg.type != P2P__KAD_PING) {
        rv = P2P_EPROTO;
    }
    if (rv == 0 && msg.type == P2P__KAD_ADD_PROVIDER) {
        return add_provider(k, from, &msg, now);
    }
    if (rv == 0 && msg.type == P2P__KAD_PUT_VALUE) {
        rv = put_value(k, from, &msg, now);
    }
    if (rv != 0) {
        return rv;
    }
    answer = (struct p2p__kad_msg){.type = msg.type, .key = msg.key};
    if (msg.type == P2P__KAD_PUT_VALUE) {
        answer = msg;
    } else if (msg.type == P2P__KAD_GET_VALUE) {
        answer.has_record =
            p2p__kad_records_get(&k->records, msg.key, &answer.value, now);
        answer.record_key = msg.key;
    }
    frame = p2p__kad_msg_open(w, &answer);
    if (msg.type == P2P__KAD_GET_PROVIDERS) {
        tell_providers(&a, msg.key, now);
    }
    if (msg.type != P2P__KAD_PUT_VALUE && msg.type != P2P__KAD_PING) {
        tell_closer(&a, msg.key);
    }
    p2p__pbw_close(w, frame);
    return 0;
}

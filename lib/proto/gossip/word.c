/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Writing the frame of control. It is written twice by the same function:
 * first only counted, then into a slab of just that size. The happy path
 * says all there is; a frame that would grow too large leaves subscriptions
 * and IHAVEs for the next one. Possible failure modes: no memory or quota,
 * and then nothing is marked as said.
 */
#include "proto/gossip/word.h"

#include "base/mem.h"
#include "proto/gossip/announce.h"
#include "proto/gossip/lazy.h"
#include "proto/gossip/member.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/rpc.h"
#include "proto/gossip/tx.h"

/* Bytes after which a kind of control waits for the next frame. All together
 * with the ids of IWANT and IDONTWANT they stay below the 1 MiB that go takes,
 * though each kind may exceed its share by a topic and an id. */
#define SUBS_MAX  (64U * 1024U)
#define WORDS_MAX (64U * 1024U)
#define IHAVE_MAX (400U * 1024U)

static_assert(SUBS_MAX + WORDS_MAX + IHAVE_MAX + P2P__GOSSIP_IWANT_MAX +
                      P2P__GOSSIP_IDONTWANT_MAX + 64 * 1024 <
                  1024 * 1024,
              "a frame of control is one that go takes");

#define MS_PER_S 1000U

bool p2p__gossip_word_due(const struct p2p__gossip *g,
                          const struct p2p__gossip_peer *peer)
{
    return p2p__gossip_announce_due(g, peer) ||
           !p2p__list_empty(&peer->words) || p2p__gossip_lazy_due(peer) ||
           peer->iwant.len > 0 || peer->idontwant.len > 0;
}

/* A field that names a topic. */
static void put_topic(struct p2p__pbw *w, const struct p2p__gossip_topic *t)
{
    p2p__pbw_bytes(w, P2P__RPC_TOPIC, t->name, t->name_len);
}

static void put_graft(struct p2p__pbw *w, const struct p2p__gossip_member *m)
{
    size_t mark = p2p__pbw_open(w, P2P__RPC_CTL_GRAFT);

    put_topic(w, m->topic);
    p2p__pbw_close(w, mark);
}

/* v1.0 knows no back-off in PRUNE. */
static void put_prune(const struct p2p__gossip *g, struct p2p__pbw *w,
                      const struct p2p__gossip_member *m)
{
    uint32_t ms = m->word == P2P__GOSSIP_SAY_LEAVE
                      ? g->cfg.params.unsub_backoff_ms
                      : g->cfg.params.backoff_ms;
    size_t mark = p2p__pbw_open(w, P2P__RPC_CTL_PRUNE);

    put_topic(w, m->topic);
    if (m->peer->version >= P2P__GOSSIP_V11) {
        p2p__pbw_uint(w, P2P__RPC_PRUNE_BACKOFF,
                      (ms + MS_PER_S - 1) / MS_PER_S);
    }
    p2p__pbw_close(w, mark);
}

/* GRAFT and PRUNE while w->len is below `cap`. Returns how many. */
static size_t put_words(const struct p2p__gossip *g,
                        const struct p2p__gossip_peer *peer, struct p2p__pbw *w,
                        size_t cap)
{
    size_t count = 0;

    P2P__LIST_EACH (l, &peer->words) {
        const struct p2p__gossip_member *m = P2P__MEMBER(l, in_words);

        if (w->len >= cap) {
            break;
        }
        if (m->word == P2P__GOSSIP_SAY_GRAFT) {
            put_graft(w, m);
        } else {
            put_prune(g, w, m);
        }
        count++;
    }
    return count;
}

/* IWANT or IDONTWANT out of a buffer of encoded ids. */
static void put_ids(struct p2p__pbw *w, uint32_t num,
                    const struct p2p__gossip_idbuf *ids)
{
    if (ids->len > 0) {
        p2p__pbw_bytes(w, num, ids->p, ids->len);
    }
}

/* What a pass over the state has written. */
struct said {
    uint64_t told;
    size_t words;
    size_t lazy;
};

/* One pass: the frame into `w`, or its length. */
static struct said put_frame(const struct p2p__gossip *g,
                             const struct p2p__gossip_peer *peer,
                             struct p2p__pbw *w)
{
    size_t frame = p2p__pbw_open_frame(w);
    struct said said;
    size_t control, empty;

    said.told = p2p__gossip_announce_write(g, peer, w, SUBS_MAX);
    empty = w->len;
    control = p2p__pbw_open(w, P2P__RPC_CONTROL);
    put_ids(w, P2P__RPC_CTL_IDONTWANT, &peer->idontwant);
    said.words = put_words(g, peer, w, w->len + WORDS_MAX);
    put_ids(w, P2P__RPC_CTL_IWANT, &peer->iwant);
    said.lazy = p2p__gossip_lazy_write(g, peer, w, w->len + IHAVE_MAX);
    if (w->len == control) {
        w->len = empty;
    } else {
        p2p__pbw_close(w, control);
    }
    p2p__pbw_close(w, frame);
    return said;
}

/* Takes what was said off the state. */
static void forget_said(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                        const struct said *said, p2p_ns now)
{
    p2p__gossip_announce_told(g, peer, said->told);
    g->stats.iwant_sent += peer->iwant.count;
    g->stats.idontwant_sent += peer->idontwant.count;
    p2p__gossip_peer_give(peer, p2p__gossip_idbuf_clear(&peer->iwant));
    p2p__gossip_peer_give(peer, p2p__gossip_idbuf_clear(&peer->idontwant));
    for (size_t i = 0; i < said->words; i++) {
        struct p2p__list *l = p2p__list_pop(&peer->words);
        struct p2p__gossip_member *m = P2P__MEMBER(l, in_words);

        assert(l != NULL);
        m->word = P2P__GOSSIP_SAY_NOTHING;
        p2p__gossip_member_check(g, m, now);
    }
    for (size_t i = 0; i < said->lazy; i++) {
        (void)p2p__list_pop(&peer->lazy);
    }
}

struct p2p__slab *p2p__gossip_word_make(struct p2p__gossip *g,
                                        struct p2p__gossip_peer *peer,
                                        p2p_ns now)
{
    struct p2p__slab *slab;
    struct p2p__pbw w;
    struct said said;

    if (!p2p__gossip_word_due(g, peer) ||
        p2p__gossip_lazy_prepare(g, peer) != 0) {
        return NULL;
    }
    p2p__gossip_announce_prepare(g, peer);
    p2p__pbw_init(&w, NULL, 0);
    said = put_frame(g, peer, &w);
    if (w.len <= 1) {
        forget_said(g, peer, &said, now);
        return NULL;
    }
    if (p2p__gossip_peer_take(peer, w.len) != 0) {
        return NULL;
    }
    slab = p2p__slab_new(w.len);
    if (slab == NULL) {
        p2p__gossip_peer_give(peer, w.len);
        return NULL;
    }
    p2p__pbw_init(&w, slab->data, slab->cap);
    (void)put_frame(g, peer, &w);
    assert(w.len == slab->cap);
    forget_said(g, peer, &said, now);
    return slab;
}

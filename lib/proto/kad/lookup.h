/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A lookup: who is nearest to a target? Those that are known are asked, and
 * then those that they tell of. It ends when the k nearest of all that were
 * heard of have answered.
 *
 * The first ones begin three paths; who is heard of belongs to the path of who
 * told first. Each path has its own room and number of questions, and goes on
 * until its own nearest have answered: who controls one path, and makes up
 * peers as near to the target as he likes, does not end the others (T32). But
 * whom he tells of first is his path's, and not asked once that is used up.
 * Spec: libp2p kad-dht, "Peer routing"; S/Kademlia, "disjoint paths".
 */
#ifndef P2P_PROTO_KAD_LOOKUP_H
#define P2P_PROTO_KAD_LOOKUP_H

#include "proto/kad/addrs.h"
#include "proto/kad/key.h"

/* How long a question may take, and a lookup. */
#define P2P__KAD_ASK_TIMEOUT    P2P__SEC(10)
#define P2P__KAD_LOOKUP_TIMEOUT P2P__SEC(60)

/* Of each path so many keep what is put, wherever the others are. */
#define P2P__KAD_SPREAD  5U
#define P2P__KAD_KEEPERS (P2P__KAD_K + P2P__KAD_PATHS * P2P__KAD_SPREAD)

/* Room for the candidates of all paths. */
#define P2P__KAD_CANDIDATES (P2P__KAD_PATHS * P2P__CAP_KAD_CANDIDATES)

enum p2p__kad_candidate_state {
    P2P__KAD_HEARD, /* of it */
    P2P__KAD_ASKED,
    P2P__KAD_ANSWERED,
    P2P__KAD_FAILED
};

struct p2p__kad_candidate {
    struct p2p__kad_peer peer; /* `at` is what is said, until it answered */
    struct p2p__kad_key key;
    p2p_ns deadline; /* of the question */
    uint8_t state;
    uint8_t path;
    uint8_t told; /* peers that it told of */
    uint8_t mark; /* the owner's; 0 */
    uint8_t gave; /* the owner's, too */
    /* Addresses: those that it was asked at, who told of it last, and how many
     * that were news; and how often it was asked. */
    uint8_t tried, teller, by_teller, tries;
    bool crowd; /* it answered, but is where enough nearer ones are */
    bool spare; /* the owner needs nothing of it: see `frugal` */
};

/* All members are private. */
struct p2p__kad_lookup {
    struct p2p__kad_key target;
    struct p2p_peer_id self;
    p2p_ns deadline;
    uint32_t asked[P2P__KAD_PATHS];
    uint32_t in_path[P2P__KAD_PATHS];
    uint32_t turn; /* the path that is looked at first */
    /* The owner wants news, not all that are nearest: of those that are spare
     * only the nearest few of each path are asked. */
    bool frugal;
    size_t n;
    struct p2p__kad_candidate *sorted[P2P__KAD_CANDIDATES]; /* nearest first */
    size_t n_free;
    uint8_t unused[P2P__KAD_CANDIDATES];
    struct p2p__kad_candidate all[P2P__KAD_CANDIDATES];
};

/* Begins a lookup that never takes `self` for a candidate. */
void p2p__kad_lookup_init(struct p2p__kad_lookup *l,
                          const struct p2p__kad_key *target,
                          const struct p2p_peer_id *self, p2p_ns now);

/* One to begin with, which is spare: the nearest first. */
void p2p__kad_lookup_seed(struct p2p__kad_lookup *l,
                          const struct p2p__kad_peer *peer);

/* The next one to ask, which counts as asked; NULL: not now. Valid as long as
 * the lookup. */
struct p2p__kad_candidate *p2p__kad_lookup_next(struct p2p__kad_lookup *l,
                                                p2p_ns now);

/* Who was asked answered. Returns it, or NULL: nobody asked it, or it is too
 * late. */
struct p2p__kad_candidate *p2p__kad_lookup_answered(
    struct p2p__kad_lookup *l, const struct p2p_peer_id *id);

/* Where one that answered is: of those that are near each other the few nearest
 * to the target count, whatever was said of them. */
void p2p__kad_lookup_at(struct p2p__kad_lookup *l, struct p2p__kad_candidate *c,
                        const struct p2p__addr *at);

/* One that `from`, who has answered, tells of. */
void p2p__kad_lookup_offer(struct p2p__kad_lookup *l,
                           struct p2p__kad_candidate *from,
                           const struct p2p__kad_peer *peer);

/* Who was asked did not answer. False: it was not waited for. */
bool p2p__kad_lookup_failed(struct p2p__kad_lookup *l,
                            const struct p2p_peer_id *id);

/* Whether there is nobody left to ask or to wait for. */
bool p2p__kad_lookup_is_done(const struct p2p__kad_lookup *l);

/* When somebody fails, or the lookup ends. */
p2p_ns p2p__kad_lookup_deadline(const struct p2p__kad_lookup *l);

/* Those that should have answered by now have failed. Returns the next of them,
 * one a call; NULL: none is left. */
struct p2p__kad_candidate *p2p__kad_lookup_expire(struct p2p__kad_lookup *l,
                                                  p2p_ns now);

/*
 * Those that shall keep something: the k nearest that answered, and the few
 * nearest of each path, so that one path cannot keep it for itself. Returns how
 * many; valid as long as the lookup.
 */
size_t p2p__kad_lookup_keepers(
    const struct p2p__kad_lookup *l,
    struct p2p__kad_candidate *out[P2P__KAD_KEEPERS]);

#endif

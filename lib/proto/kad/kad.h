/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A node of the DHT, without a stream: its routing table, what it keeps for
 * others, and its queries. The owner tells it whom it meets, asks peers what
 * it wants to be asked, and serves what it answers:
 *
 *     p2p__kad_start(k, &want, now);
 *     while (p2p__kad_next(k, &ev, now)) {
 *         ASK: p2p__kad_request(k, &ev, w), send it to ev.peer; later
 *              p2p__kad_answered(k, ev.query, …) or p2p__kad_failed(k, …)
 *         PROVIDER, DONE: tell who started it
 *     }
 *
 * to be pulled after each call, and after p2p__kad_expire() when the deadline
 * is due. What is found is hearsay: it leads to peers, who must prove who they
 * are; a DHT is no authority (T32).
 * Spec: libp2p kad-dht.
 */
#ifndef P2P_PROTO_KAD_H
#define P2P_PROTO_KAD_H

#include "base/rng.h"
#include "proto/kad/providers.h"
#include "proto/kad/query.h"
#include "proto/kad/records.h"
#include "proto/kad/table.h"

/* How often the table is refreshed, if the configuration does not say; where
 * nothing changes, up to so many times less often. */
#define P2P__KAD_REFRESH_EACH P2P__SEC(600)
#define P2P__KAD_CALM         8U

/* After a move those that are nearest to us are told: not before so long, as
 * addresses come one after the other, nor more often than that. */
#define P2P__KAD_MOVE_WAIT P2P__SEC(3)
#define P2P__KAD_MOVE_EACH P2P__SEC(30)

struct p2p__kad_cfg {
    struct p2p_peer_id self;
    struct p2p__kad_table_limits table;
    struct p2p__kad_records_limits records;
    struct p2p__kad_providers_limits providers;
    struct p2p__kad_validators validators;
    struct p2p__quota *quota; /* borrowed, or NULL */
    uint64_t seed[2];         /* random: see base/map.h */
    uint64_t random;          /* the same, of all else */
    p2p_ns refresh;           /* 0: the default */
};

/* All members are private. */
struct p2p__kad {
    struct p2p_peer_id self;
    struct p2p__kad_addrs own;
    struct p2p__kad_validators validators;
    struct p2p__kad_table table;
    struct p2p__kad_records records;
    struct p2p__kad_providers providers;
    struct p2p__list queries;
    struct p2p__list ended; /* to be freed with the next call */
    uint32_t n_queries;
    uint64_t number; /* of the newest query */
    struct p2p__rng rng;
    p2p_ns refresh, refresh_at;
    p2p_ns round_at;  /* when the next round begins */
    p2p_ns began;     /* when the last one did */
    p2p_ns pause;     /* between rounds: longer where nothing changes */
    uint64_t changes; /* of the table when the round began */
    unsigned extent;  /* buckets that may have somebody unheard of; 0: none */
    bool strolled;    /* a lookup went somewhere in this round */
    bool moved;       /* the next round tells all that are nearest */
    bool refreshing;
    struct p2p_peer_id checked; /* asked whether it is there; len 0: nobody */
    p2p_ns check_at;            /* not before it */
    p2p_ns check_ends;
    bool check_due;
};

enum p2p__kad_ev_type { P2P__KAD_ASK, P2P__KAD_PROVIDER, P2P__KAD_DONE };

/* Something to do or to tell. What it points at is valid until the next call
 * that changes the node. */
struct p2p__kad_ev {
    enum p2p__kad_ev_type type;
    uint64_t query;                   /* its number */
    void *user;                       /* of the query */
    const struct p2p__kad_peer *peer; /* ASK: whom; PROVIDER: who is one */
    bool awaits;                      /* ASK: it answers */
    bool check; /* ASK: only whether it is there; who knows need not ask, and
                 * says that it answered, with an empty message */
    /* DONE */
    enum p2p__kad_goal goal;
    int status;                         /* 0, P2P_ENOTFOUND, P2P_ECANCELED */
    struct p2p__slice value;            /* FIND_VALUE */
    const struct p2p__kad_addrs *addrs; /* FIND_PEER */
    size_t count; /* who keeps what was put; providers that were found */
};

/* A node that knows nobody. */
void p2p__kad_init(struct p2p__kad *k, const struct p2p__kad_cfg *cfg,
                   p2p_ns now);

/* Forgets all; queries end without a word. */
void p2p__kad_fini(struct p2p__kad *k);

/* Where we are: what providers that we are say. Copied. */
void p2p__kad_set_addrs(struct p2p__kad *k, const struct p2p__kad_addrs *addrs);

/* We are somewhere else: those that are nearest to us, who tell others where
 * we are, are asked something soon, so that they hear it. */
void p2p__kad_moved(struct p2p__kad *k, p2p_ns now);

/* A peer that serves the DHT was met, at peer->at. */
void p2p__kad_met(struct p2p__kad *k, const struct p2p__kad_peer *peer,
                  p2p_ns now);

/* A peer does not serve the DHT, or not any more. */
void p2p__kad_left(struct p2p__kad *k, const struct p2p_peer_id *id);

/*
 * Starts a query; *number names it. What is put must be valid, and is kept here
 * too, if there is room, as is that we provide.
 * Errors: P2P_EINVAL (an empty key or value), P2P_ETOOBIG, P2P_ENOTSUP (no such
 * namespace), P2P_EFORMAT (not valid), P2P_EEXIST (a better one is here),
 * P2P_ELIMIT, P2P_ENOMEM.
 */
int p2p__kad_start(struct p2p__kad *k, const struct p2p__kad_want *want,
                   uint64_t *number, p2p_ns now);

/* Ends a query of the owner without a word; harmless if it has ended. */
void p2p__kad_cancel(struct p2p__kad *k, uint64_t number);

/* Pulls the next event; false: there is none now. */
bool p2p__kad_next(struct p2p__kad *k, struct p2p__kad_ev *ev, p2p_ns now);

/* Appends the request of an ASK. */
void p2p__kad_request(const struct p2p__kad *k, const struct p2p__kad_ev *ev,
                      struct p2p__pbw *w);

/* A peer at peer->at (family 0: over a relay) answered for a query; `msg` is
 * empty if it was told something that has no answer. */
void p2p__kad_answered(struct p2p__kad *k, uint64_t query,
                       const struct p2p__kad_peer *peer, struct p2p__slice msg,
                       p2p_ns now);

/* A peer that was asked did not answer. */
void p2p__kad_failed(struct p2p__kad *k, uint64_t query,
                     const struct p2p_peer_id *id, p2p_ns now);

/* The same, but for our own sake: it could not be asked now. It is as good as
 * before. */
void p2p__kad_not_asked(struct p2p__kad *k, uint64_t query,
                        const struct p2p_peer_id *id, p2p_ns now);

/*
 * Answers a request of a peer at peer->at (family 0: over a relay).
 * Returns 0 with the answer, behind its length, in w; or 1: it gets none.
 * Errors: P2P_EPROTO (no request that makes sense), P2P_EFORMAT, P2P_ETOOBIG,
 * P2P_ENOTSUP, P2P_EEXIST, P2P_ELIMIT, P2P_ENOMEM: nothing is said.
 */
int p2p__kad_serve(struct p2p__kad *k, const struct p2p__kad_peer *from,
                   struct p2p__slice request, struct p2p__pbw *w, p2p_ns now);

/* When p2p__kad_expire() is due. */
p2p_ns p2p__kad_deadline(const struct p2p__kad *k);

/* Gives up who is late, drops what has expired, begins a refresh. */
void p2p__kad_expire(struct p2p__kad *k, p2p_ns now);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A query: a lookup, and what is asked for on its way, or put where it leads.
 * Spec: libp2p kad-dht, "DHT operations".
 */
#ifndef P2P_PROTO_KAD_QUERY_H
#define P2P_PROTO_KAD_QUERY_H

#include "base/list.h"
#include "proto/kad/lookup.h"
#include "proto/kad/msg.h"
#include "proto/kad/validator.h"

enum p2p__kad_goal {
    P2P__KAD_REFRESH, /* ours: knows whom it meets */
    P2P__KAD_FIND_PEER,
    P2P__KAD_FIND_PROVIDERS,
    P2P__KAD_FIND_VALUE,
    P2P__KAD_PUT,
    P2P__KAD_PROVIDE
};

/* What is wanted; all is copied. */
struct p2p__kad_want {
    enum p2p__kad_goal goal;
    struct p2p__slice key;   /* of a record or of content; a peer's id */
    struct p2p__slice value; /* of P2P__KAD_PUT */
    /* Enough: providers, or answers with a value; 0: as many as there are. */
    uint32_t enough;
    bool whole; /* REFRESH: all that are nearest are asked, known or not */
    void *user;
};

/* All members are private. */
struct p2p__kad_query {
    struct p2p__list link;
    uint64_t number;
    enum p2p__kad_goal goal;
    const struct p2p__kad_validators *validators;
    void *user;
    uint32_t enough;
    bool spreading; /* the lookup is over: its keepers are told */
    struct p2p__kad_candidate *keepers[P2P__KAD_KEEPERS];
    size_t n_keepers, told, waiting, kept;
    uint32_t answers; /* with a value that is valid */
    uint8_t *value;   /* the best, or what is put; NULL: none */
    size_t value_len;
    struct p2p__kad_addrs hearsay; /* of the peer that is looked for */
    bool proven;                   /* it answered itself */
    size_t n_found, n_pulled;
    struct p2p__kad_peer *found; /* providers */
    size_t key_len;
    uint8_t key[P2P__CAP_KAD_KEY_BYTES];
    struct p2p__kad_lookup lookup; /* its own zero, as all is that is above */
};

/* A query of `self`. Returns owned; NULL: no memory. */
struct p2p__kad_query *p2p__kad_query_new(
    const struct p2p__kad_want *want, const struct p2p_peer_id *self,
    const struct p2p__kad_validators *validators, p2p_ns now);

/* NULL is fine. */
void p2p__kad_query_free(struct p2p__kad_query *q);

/* Notes a valid value as the best so far, or not. 0 or P2P_ENOMEM. */
int p2p__kad_query_value(struct p2p__kad_query *q, struct p2p__slice value);

/* Notes a provider. Whether that is news for which there was room. */
bool p2p__kad_query_provider(struct p2p__kad_query *q,
                             const struct p2p__kad_peer *peer);

/* The next peer to ask or tell; NULL: not now. *awaits: it answers. */
const struct p2p__kad_peer *p2p__kad_query_next(struct p2p__kad_query *q,
                                                bool *awaits, p2p_ns now);

/* Appends what it is asked or told. `own` is where we are. */
void p2p__kad_query_write(const struct p2p__kad_query *q,
                          const struct p2p_peer_id *self,
                          const struct p2p__kad_addrs *own, struct p2p__pbw *w);

/* A peer at peer->at answered; msg is NULL if it was told something that has no
 * answer. */
void p2p__kad_query_answered(struct p2p__kad_query *q,
                             const struct p2p__kad_peer *peer,
                             const struct p2p__kad_msg *msg);

/* A peer did not answer. Whether its answer was waited for. */
bool p2p__kad_query_failed(struct p2p__kad_query *q,
                           const struct p2p_peer_id *id);

/* When something is to be given up. */
p2p_ns p2p__kad_query_deadline(const struct p2p__kad_query *q);

/* Gives up what is late. Returns one who did not answer, one a call, valid
 * until the next call on q; or NULL. */
const struct p2p_peer_id *p2p__kad_query_expire(struct p2p__kad_query *q,
                                                p2p_ns now);

/* Whether it has ended. */
bool p2p__kad_query_is_over(const struct p2p__kad_query *q);

/* How: 0, or P2P_ENOTFOUND (nothing was found, nobody keeps it). */
int p2p__kad_query_status(const struct p2p__kad_query *q);

#endif

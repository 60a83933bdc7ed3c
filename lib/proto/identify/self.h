/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What we tell others about ourselves: our Identify message, made when
 * something changes and shared by all streams that send it. The addresses are
 * signed once a change, as a peer record with a number that only grows.
 */
#ifndef P2P_PROTO_IDENTIFY_SELF_H
#define P2P_PROTO_IDENTIFY_SELF_H

#include "base/slice.h"
#include "p2p/key.h"
#include "p2p/multiaddr.h"
#include "port/env.h"
#include "proto/identify/info.h"

/* What js and go say; nobody cares. */
#define P2P__IDENTIFY_VERSION_TEXT "ipfs/0.1.0"

struct p2p__identify_self {
    const struct p2p_key *key; /* borrowed */
    struct p2p__env *env;      /* borrowed */
    const char *agent;         /* borrowed */
    uint64_t seq;              /* of the record */
    struct p2p__slab *record;  /* the field with the record; NULL: none yet */
    struct p2p__slab *message; /* all other fields but `observed` */
};

/* What changes; all borrowed. */
struct p2p__identify_content {
    const struct p2p_multiaddr *addrs; /* without our peer id */
    size_t n_addrs;                    /* at most P2P__CAP_RECORD_ADDRS */
    const char *const *protocols;
    size_t n_protocols;
};

/* Nothing is told yet. All is borrowed until fini. */
void p2p__identify_self_init(struct p2p__identify_self *s,
                             const struct p2p_key *key, const char *agent,
                             struct p2p__env *env);

/*
 * Sets what we tell. Returns 1 when that is something new (push it), 0 when it
 * is what it was. After an error all is as it was.
 * Errors: P2P_ETOOBIG (P2P__CAP_IDENTIFY_OWN_BYTES: fewer addresses or
 * protocols, please), P2P_EINVAL (addresses), P2P_ENOMEM, P2P_ECRYPTO.
 */
int p2p__identify_self_set(struct p2p__identify_self *s,
                           const struct p2p__identify_content *content);

/* Our addresses as they were signed last, a sealed record; borrowed until the
 * next set. Empty: there are none yet. */
struct p2p__slice p2p__identify_self_record(const struct p2p__identify_self *s);

/* Frees the messages; streams that send them keep theirs. */
void p2p__identify_self_fini(struct p2p__identify_self *s);

#endif

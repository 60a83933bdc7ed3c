/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What may be kept under a key. A key is "/NAMESPACE/…", and each namespace
 * that is known says what a value of it must be; others are refused, so that
 * nobody is given, or keeps, what anybody made up (T32).
 * Spec: libp2p kad-dht, "Entry validation".
 */
#ifndef P2P_PROTO_KAD_VALIDATOR_H
#define P2P_PROTO_KAD_VALIDATOR_H

#include "base/slice.h"

/* Namespaces of the application. */
#define P2P__CAP_KAD_VALIDATORS 16U

/* The key of a peer's public key, in front of the bytes of its id. */
#define P2P__KAD_PK "/pk/"

/* That of its signed record (lib/ident/record.h): our own. */
#define P2P__KAD_PEER "/peer/"

struct p2p__kad_validator {
    const char *ns; /* without slashes; borrowed */
    /* Whether a value is one of a key. */
    bool (*valid)(void *user, struct p2p__slice key, struct p2p__slice value);
    /* Whether a valid value replaces another; of two each gives the same. */
    bool (*better)(void *user, struct p2p__slice key, struct p2p__slice value,
                   struct p2p__slice than);
    void *user;
};

/* Those of the application; "pk" and "peer" are always there. */
struct p2p__kad_validators {
    struct p2p__kad_validator own[P2P__CAP_KAD_VALIDATORS];
    size_t n;
};

/* The one of a key; NULL: its namespace is not known. */
const struct p2p__kad_validator *p2p__kad_validator_of(
    const struct p2p__kad_validators *v, struct p2p__slice key);

/* Adds one. Errors: P2P_EINVAL (the name is taken, or none), P2P_ELIMIT. */
int p2p__kad_validators_add(struct p2p__kad_validators *v,
                            const struct p2p__kad_validator *one);

#endif

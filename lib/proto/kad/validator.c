/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See validator.h. */
#include "proto/kad/validator.h"

#include "ident/record.h"
#include "p2p/key.h"

/* The peer that a key of one of our namespaces is about. */
static bool peer_of(struct p2p__slice key, const char *front,
                    struct p2p_peer_id *id)
{
    const size_t len = strlen(front);

    return key.len > len && memcmp(key.p, front, len) == 0 &&
           p2p_peer_id_from_bytes(key.p + len, key.len - len, id) == 0;
}

static bool pk_valid(void *user, struct p2p__slice key, struct p2p__slice value)
{
    struct p2p_peer_id id, its;

    (void)user;
    return peer_of(key, P2P__KAD_PK, &id) &&
           p2p_pubkey_check(value.p, value.len) >= 0 &&
           p2p_peer_id_from_pubkey(value.p, value.len, &its) == 0 &&
           p2p_peer_id_equal(&id, &its);
}

static bool pk_better(void *user, struct p2p__slice key,
                      struct p2p__slice value, struct p2p__slice than)
{
    (void)user; /* there is but one */
    (void)key;
    (void)value;
    (void)than;
    return false;
}

static bool peer_valid(void *user, struct p2p__slice key,
                       struct p2p__slice value)
{
    struct p2p__record record;
    struct p2p_peer_id id;

    (void)user;
    return peer_of(key, P2P__KAD_PEER, &id) &&
           p2p__record_open(value, &record) == 0 &&
           p2p_peer_id_equal(&id, &record.peer);
}

static bool peer_better(void *user, struct p2p__slice key,
                        struct p2p__slice value, struct p2p__slice than)
{
    struct p2p__record record, known;

    (void)user;
    (void)key;
    return p2p__record_open(value, &record) == 0 &&
           p2p__record_open(than, &known) == 0 &&
           p2p__record_newer(&record, known.seq);
}

static const struct p2p__kad_validator builtin[] = {
    {.ns = "pk", .valid = pk_valid, .better = pk_better},
    {.ns = "peer", .valid = peer_valid, .better = peer_better},
};

/* Whether a key is of a namespace. */
static bool is_of(struct p2p__slice key, const char *ns)
{
    const size_t len = strlen(ns);

    return key.len > len + 2 && key.p[0] == '/' &&
           memcmp(key.p + 1, ns, len) == 0 && key.p[len + 1] == '/';
}

const struct p2p__kad_validator *p2p__kad_validator_of(
    const struct p2p__kad_validators *v, struct p2p__slice key)
{
    for (size_t i = 0; i < P2P__COUNT(builtin); i++) {
        if (is_of(key, builtin[i].ns)) {
            return &builtin[i];
        }
    }
    for (size_t i = 0; i < v->n; i++) {
        if (is_of(key, v->own[i].ns)) {
            return &v->own[i];
        }
    }
    return NULL;
}

static bool is_taken(const struct p2p__kad_validators *v, const char *ns)
{
    for (size_t i = 0; i < P2P__COUNT(builtin); i++) {
        if (strcmp(builtin[i].ns, ns) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < v->n; i++) {
        if (strcmp(v->own[i].ns, ns) == 0) {
            return true;
        }
    }
    return false;
}

int p2p__kad_validators_add(struct p2p__kad_validators *v,
                            const struct p2p__kad_validator *one)
{
    if (one->ns == NULL || one->ns[0] == '\0' || strchr(one->ns, '/') != NULL ||
        one->valid == NULL || one->better == NULL || is_taken(v, one->ns)) {
        return P2P_EINVAL;
    }
    if (v->n >= P2P__CAP_KAD_VALIDATORS) {
        return P2P_ELIMIT;
    }
    v->own[v->n++] = *one;
    return 0;
}

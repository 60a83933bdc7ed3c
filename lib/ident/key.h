/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the library itself needs of keys beyond p2p/key.h. */
#ifndef P2P_IDENT_KEY_H
#define P2P_IDENT_KEY_H

#include "base/slice.h"
#include "p2p/key.h"
#include "port/env.h"

/*
 * Makes a new Ed25519 key from env's random numbers, so that the simulator's
 * keys come from its seed. Returns owned: p2p_key_free() it.
 * Errors: P2P_ENOTSUP (other types take the system's), P2P_ENOMEM.
 */
int p2p__key_generate_env(enum p2p_key_type type, struct p2p__env *env,
                          struct p2p_key **out);

/*
 * Takes a key protobuf, public or private, apart: type and Data, which stays
 * borrowed. Only the one encoding that the spec allows is taken: both fields,
 * in order, shortest numbers, nothing else.
 * Errors: P2P_EFORMAT.
 */
int p2p__key_split(struct p2p__slice pb, uint64_t *type,
                   struct p2p__slice *data);

/* The functions of a key whose private half is somewhere else, and what is
 * passed to them; NULL: it is here. */
const struct p2p_key_ops *p2p__key_ops(const struct p2p_key *key, void **user);

/* The 64 bytes of an Ed25519 private key (seed, public half), valid until the
 * key is freed; NULL if it is of another type, or somewhere else. */
const uint8_t *p2p__key_ed25519(const struct p2p_key *key);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Who signs what the model makes. Keys are outside: the model is given
 * functions, which are to say the same for the same (Ed25519 does).
 */
#ifndef UM_MODEL_SIGNER_H
#define UM_MODEL_SIGNER_H

#include "mesh/trust/fact.h"
#include "mesh/trust/revision.h"
#include "mesh/trust/row.h"

/** As um_revision_seal(), um_fact_seal() and um_row_seal(), without the key. */
struct um_signer {
    int (*revision)(const void *user, struct um_revision *r,
                    struct um_buf *out);
    int (*fact)(const void *user, struct um_fact *f, struct um_buf *out);
    int (*row)(const void *user, struct um_row *row, struct um_buf *out);
    const void *user; /**< borrows */
};

/** One that signs with a key. @param key borrows, as long as it is used */
struct um_signer um_signer_of(const struct p2p_key *key);

#endif

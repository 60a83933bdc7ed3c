/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a document comes to on this node: the configuration for its Unit, and
 * the certificates and scripts that go with it.
 */
#ifndef UM_APPLIER_MAKER_H
#define UM_APPLIER_MAKER_H

#include "mesh/doc/mask.h"
#include "mesh/doc/meshdoc.h"
#include "mesh/applier/runner.h"
#include "mesh/applier/vault.h"

/** For whom it is made; all borrowed. */
struct um_maker {
    struct um_vault *vault;
    struct um_node_facts facts;
};

/** What came out; all of it lives in the arena. */
struct um_maker_out {
    struct um_arena arena;
    struct um_str config;     /**< compact JSON */
    struct um_name effective; /**< its SHA-256, with what the bundles are */
    struct um_runner_bundle *bundles;
    size_t bundles_n;
    struct um_str why;   /**< after an error: what is wrong, for people */
    struct um_mask mask; /**< the secrets that were put in */
};

/**
 * Makes it.
 * @param document bytes of a document; borrowed for the call
 * @param out      um_maker_fini() it, also after an error
 * @return 0, P2P_EFORMAT (no configuration can be made: `why`), P2P_ENOTFOUND
 *         (something that it names is not here yet: the vault told what),
 *         P2P_ENOMEM
 */
int um_maker_make(const struct um_maker *m, struct um_str document,
                  struct um_maker_out *out);

/** Frees it; what was secret is wiped. */
void um_maker_fini(struct um_maker_out *out);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What stands beside a document under its hash: scripts as they are, and
 * certificates and secret variables in sealed objects, which are opened with
 * this node's key.
 */
#ifndef UM_APPLIER_VAULT_H
#define UM_APPLIER_VAULT_H

#include "mesh/doc/bundles.h"
#include "mesh/doc/variables.h"
#include "mesh/trust/seal.h"

/** Where the bytes under a hash come from. */
struct um_vault_papers {
    void *user;
    /** Valid until the next call. 0, P2P_ENOTFOUND, or why not. */
    int (*get)(void *user, const struct um_name *hash, struct um_str *out);
    /** Whether they are here, without reading them. */
    bool (*has)(void *user, const struct um_name *hash);
};

/** What a vault is made of; all borrowed but the slots. */
struct um_vault {
    struct um_vault_papers papers;
    const struct p2p_key *key;
    const struct p2p_key *old; /**< in whose place key is; NULL: none */
    struct um_name mesh;
    /** Called for a hash that is not here; may be NULL. */
    void (*missing)(void *user, const struct um_name *hash);
    /** Called for an object in which this key has no slot: true: one may come
     * from another member (um_vault_slot()). May be NULL. */
    bool (*locked)(void *user, const struct um_name *object);
    void *user;
    struct um_buf slots; /**< private: names of objects, each with a slot */
};

/** Forgets slots that came. */
void um_vault_fini(struct um_vault *v);

/** Keeps a slot of an object that another member made for this key, in memory.
 * One that opens nothing is forgotten when it is tried. */
void um_vault_slot(struct um_vault *v, const struct um_name *object,
                   const uint8_t slot[UM_SEALED_SLOT_BYTES]);

/** What opens an object here: the key, and the slot that came for it if the
 * object has none. Valid until the next um_vault_slot(). */
struct um_sealed_opener um_vault_opener(struct um_vault *v,
                                        const struct um_sealed *s,
                                        const struct um_name *object);

/**
 * Reads an opened certificate bundle, or a script; wipe it when done.
 * @param name  in the document; p NULL: whichever, for who only shows what of
 *              it is public
 * @param hash  as it stands there: 64 hexadecimal digits
 * @param out   appended to
 * @return 0, P2P_ENOTFOUND (not here, or its slot is not; `missing` or `locked`
 *         was told), P2P_EACCES (sealed, and not for this node), P2P_EFORMAT,
 *         P2P_EAUTH, P2P_ENOMEM
 */
int um_vault_bundle(struct um_vault *v, enum um_bundle_kind kind,
                    struct um_str name, struct um_str hash, struct um_buf *out);

/** Reads the bytes under a hash, sealed as they are; valid until the next call.
 * 0, P2P_ENOTFOUND (`missing` was told), or why not. */
int um_vault_read(struct um_vault *v, const struct um_name *hash,
                  struct um_str *out);

/** Opens a sealed object that is of this mesh and called so ("variables/x"); as
 * um_vault_bundle(). */
int um_vault_open(struct um_vault *v, struct um_str name,
                  const struct um_name *hash, struct um_buf *out);

/** Whether what stands under a hash is here; if not, `missing` is told. */
bool um_vault_has(struct um_vault *v, struct um_str hash);

/** The same of a sealed object; also whether the slot for this key is here, or
 * cannot come. */
bool um_vault_ready(struct um_vault *v, struct um_str hash);

/** How a configuration's secret variables are opened; borrows v. */
struct um_secrets um_vault_secrets(struct um_vault *v);

/** Reads 64 hexadecimal digits; false: it is no such text. */
bool um_vault_hash(struct um_str hex, struct um_name *out);

#endif

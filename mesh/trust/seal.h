/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Sealed objects: a secret that the members of a mesh can read, and nobody
 * else: a certificate with its key, a secret variable. The object has a key of
 * its own, and each member a slot in which that key is sealed to him.
 * docs/reference/formats.md, "Sealed objects". Randomness comes from outside.
 */
#ifndef UM_TRUST_SEAL_H
#define UM_TRUST_SEAL_H

#include "mesh/trust/item.h"
#include "p2p/seal.h"

/** The longest sealed object, and the longest secret in one; longer ones are
 * refused. */
#define UM__CAP_SEALED_BYTES         (1 << 20)
#define UM__CAP_SEALED_CONTENT_BYTES (256 << 10)

/** The most members that an object is sealed to; more are refused. */
#define UM__CAP_SEALED_SLOTS 4096

/** The longest name of an object; a longer one is refused. */
#define UM__CAP_SEALED_NAME_BYTES 255

/** Bytes of the object's key, and of a slot's sealed part. */
#define UM_SEALED_SEED_BYTES 32
#define UM_SEALED_SLOT_BYTES (UM_SEALED_SEED_BYTES + P2P_SEAL_BYTES)

/** A member's slot; bytes alone, as on the wire. */
struct um_sealed_slot {
    struct um_name member;
    uint8_t sealed[UM_SEALED_SLOT_BYTES];
};

/** A sealed object that was read; borrows from its bytes. */
struct um_sealed {
    struct um_name mesh;
    struct um_str name; /**< what for */
    struct um_name key; /**< the public half of its key */
    struct um_str box;
    const struct um_sealed_slot *slots; /**< ascending by member */
    size_t slots_n;
};

/** What to seal. */
struct um_sealed_plan {
    struct um_name mesh;
    struct um_str name;         /**< borrows */
    struct um_str content;      /**< the secret; borrows */
    struct um_namelist members; /**< ascending, any number; borrows */
    const uint8_t *entropy;     /**< borrows 32 secret random bytes */
};

/**
 * Seals and appends the object to out.
 * @return 0, P2P_EINVAL (name, content or members are not as they may be),
 *         P2P_ETOOBIG, P2P_EFORMAT (a member that is no key), P2P_ECRYPTO,
 *         P2P_ENOMEM
 */
int um_sealed_make(const struct um_sealed_plan *plan, struct um_buf *out);

/** Reads an object, without opening it. Errors: P2P_EFORMAT, P2P_ETOOBIG,
 * P2P_ENOTSUP (a later version). */
int um_sealed_read(struct um_str bytes, struct um_sealed *out);

/** The slot of a member, or NULL. */
const uint8_t *um_sealed_slot_of(const struct um_sealed *s,
                                 const struct um_name *member);

/**
 * Opens an object and appends its content to `out`; wipe it when done.
 * @param s    borrows; the caller knows that mesh and name are those he wants
 * @param key  borrows the member's
 * @param slot borrows a slot that another member made; NULL: the object's own
 * @return 0, P2P_EACCES (no slot for this key), P2P_EAUTH (what is sealed is
 * not for this key, this object, or this name), P2P_ECRYPTO, P2P_ENOMEM
 */
int um_sealed_open(const struct um_sealed *s, const struct p2p_key *key,
                   const uint8_t *slot, struct um_buf *out);

/** What a member opens an object with; borrows both. */
struct um_sealed_opener {
    const struct p2p_key *key; /**< the member's */
    const uint8_t *slot;       /**< one that another member made for it; NULL:
                                    the object's own */
};

/**
 * Makes a slot for a member who came later, by what opens one's own.
 * @param entropy borrows 32 secret random bytes
 * @param member  for whom
 * @return as um_sealed_open(), P2P_EFORMAT (no key)
 */
int um_sealed_slot_make(const struct um_sealed *s,
                        const struct um_sealed_opener *by,
                        const uint8_t *entropy, const struct um_name *member,
                        uint8_t out[UM_SEALED_SLOT_BYTES]);

#endif

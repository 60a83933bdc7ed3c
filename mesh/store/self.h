/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a node keeps of itself: its mesh, for good; the record that the model
 * keeps of it (mesh/model/own.h), which is bytes here; and what Unit showed
 * for the configuration that it took last.
 */
#ifndef UM_STORE_SELF_H
#define UM_STORE_SELF_H

#include "mesh/store/store.h"

/** The longest record that is kept of the node itself; a longer one is
 * refused. */
#define UM__CAP_STORE_OWN_BYTES 65536

/** A node of a mesh; all zero is one of none. */
struct um_self {
    struct um_name mesh; /**< its mesh; none: none yet */
    uint64_t salt[8];    /**< random, made with the mesh: um_model_cfg.salt */
};

/** Reads its mesh; all zero if none was written. Errors: P2P_EFORMAT,
 * s->trouble. */
int um_self_get(struct um_store *s, struct um_self *out);

/** Writes its mesh, once for all. Errors: P2P_EEXIST (it has one), P2P_EINVAL
 * (no mesh), P2P_EFORMAT, s->trouble. */
int um_self_put(struct um_store *s, const struct um_self *self);

/**
 * Reads the record.
 * @param out empty if it was never written; valid until the next call on the
 *            store
 * @return 0, P2P_EFORMAT, s->trouble
 */
int um_self_own_get(struct um_store *s, struct um_str *out);

/** Writes the record, in the place of the last. Errors: P2P_ETOOBIG,
 * s->trouble. */
int um_self_own_put(struct um_store *s, struct um_str own);

/**
 * Reads what Unit showed.
 * @param effective set to the name of the configuration that it took; none: it
 *                  took none
 * @param out       appended to; as it was when this fails
 * @return 0, P2P_EFORMAT, s->trouble
 */
int um_self_shown_get(struct um_store *s, struct um_name *effective,
                      struct um_buf *out);

/** Writes what Unit showed, in the place of the last. Errors: P2P_ETOOBIG (over
 * UM__CAP_DOC_BYTES), s->trouble. */
int um_self_shown_put(struct um_store *s, const struct um_name *effective,
                      struct um_str shown);

#endif

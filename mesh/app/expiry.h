/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * When the certificates of the mesh end, by GET /certificates of the revision
 * in force. Each is unsealed and read for that, which takes a while: it is done
 * once a revision.
 */
#ifndef UM_APP_EXPIRY_H
#define UM_APP_EXPIRY_H

#include <time.h>

#include "mesh/doc/meshdoc.h"
#include "mesh/node/node.h"

/** A certificate. */
struct um_expiry_row {
    char name[UM__CAP_DOC_BUNDLE_NAME_BYTES + 1];
    time_t end; /**< the first end in its chain, which is after 1970 */
};

/** Those of a revision; zeroed: of none. */
struct um_expiry {
    struct um_name revision;
    struct um_expiry_row *rows;
    size_t n;
};

/** Makes it that of the revision in force, without those that say no end. It
 * has no rows where there is no revision, its document is not here, or its
 * certificates cannot be read. */
void um_expiry_look(struct um_expiry *e, struct um_node *n);

/** Frees what it holds. */
void um_expiry_fini(struct um_expiry *e);

#endif

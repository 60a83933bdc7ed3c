/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Who seals what is secret, for the members.
 */
#ifndef UM_NODE_SEALER_H
#define UM_NODE_SEALER_H

#include "mesh/node/papers.h"
#include "mesh/trust/roster.h"

/** For whom objects are sealed: who runs the configuration, and who changes it,
 * since a change is checked with them. */
#define UM_SEALER_ROLES (UM_NODE | UM_WRITER)

/** What is needed for it; all borrowed. */
struct um_sealer {
    struct um_papers *papers; /**< where objects are kept */
    const struct um_name *mesh;
    struct um_roster *roster;
};

/** For whom that is now, ascending. @param out NULL, or room for all of them
 * @return how many */
size_t um_sealer_readers(struct um_roster *r, struct um_name *out);

/**
 * Seals bytes for all members and writers, and keeps the object.
 * @param name of the object: "certificates/NAME", "variables/NAME"
 * @param hash set to the object's
 * @return 0, P2P_ETOOBIG, P2P_EINVAL, P2P_ECRYPTO, P2P_ENOMEM
 */
int um_sealer_seal(const struct um_sealer *s, struct um_str name,
                   struct um_str bytes, struct um_name *hash);

#endif

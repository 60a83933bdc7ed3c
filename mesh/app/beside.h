/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What stands beside a Unit's configuration when a mesh is begun with it:
 * scripts, which Unit shows, and certificates, which it does not.
 */
#ifndef UM_APP_BESIDE_H
#define UM_APP_BESIDE_H

#include "mesh/doc/value.h"
#include "mesh/node/founder.h"

/** The most certificates and scripts with which a mesh begins; others are put
 * into it later. */
#define UM_BESIDE_MAX 256U

/** All zero is none. */
struct um_beside {
    struct um_founder_part parts[UM_BESIDE_MAX];
    size_t n;
    struct um_arena arena;
    char lack[400]; /**< of um_beside_lacks() */
};

/** Adds certificates: an object of texts, copied; NULL: none. false: it is no
 * such object, one of them is none that Unit takes, or there are too many. */
bool um_beside_certificates(struct um_beside *b, const struct um_val *certs);

/** Adds scripts, as GET /js_modules shows them. false: that is no such answer.
 */
bool um_beside_scripts(struct um_beside *b, struct um_str modules);

/** What a configuration names and is not here, for people; NULL: nothing. What
 * is here and not named is left out. */
const char *um_beside_lacks(struct um_beside *b, const struct um_val *config);

/** Wipes and frees it. */
void um_beside_fini(struct um_beside *b);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What comes along when a change by hand is adopted: certificates that
 * the request brings, and scripts that Unit shows. */
#ifndef UM_APP_ADOPT_H
#define UM_APP_ADOPT_H

#include "mesh/node/desk.h"

/** What is at hand; borrowed. */
struct um_adopt_from {
    struct um_str body;    /**< {"certificates": {NAME: PEM}}, or empty */
    struct um_str modules; /**< GET /js_modules; p NULL: Unit has none */
    struct um_str config;  /**< what Unit runs */
};

/**
 * Puts those that the configuration names, and the document has not, into the
 * document: sealed, or as they are.
 * @return 0, P2P_EFORMAT (the body is no such object, or a certificate of it is
 *         none), P2P_ENOMEM, or why one cannot be kept
 */
int um_adopt_beside(struct um_node *n, struct um_desk *desk,
                    const struct um_adopt_from *from);

#endif

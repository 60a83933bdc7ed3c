/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What is different on some nodes: {"rename": {POINTER: NAME}, "merge": …,
 * "patch": […]}, applied in this order to a configuration; and "probes", a
 * merge patch of the document's. Each of the four may be missing.
 */
#ifndef UM_DOC_OVERLAY_H
#define UM_DOC_OVERLAY_H

#include "mesh/doc/error.h"
#include "mesh/doc/value.h"

/**
 * Checks the shape of an overlay.
 * @param a where err's pointer, which begins at the overlay, is made
 * @return 0, P2P_EFORMAT or P2P_ENOMEM
 */
int um_overlay_check(struct um_arena *a, const struct um_val *overlay,
                     struct um_doc_error *err);

/**
 * Applies an overlay that um_overlay_check took to a copy of config.
 * @param a where the copy is made; it shares what it can with both
 * @param err as above
 * @return 0; P2P_EFORMAT, P2P_ENOTFOUND, P2P_EEXIST (a new name is there
 *         already), P2P_ESTATE, P2P_ELIMIT; P2P_ENOMEM
 */
int um_overlay_apply(struct um_arena *a, const struct um_val *config,
                     const struct um_val *overlay, struct um_val *out,
                     struct um_doc_error *err);

#endif

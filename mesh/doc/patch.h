/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * JSON Patch (RFC 6902): a list of operations that are all done, in order, or
 * none. The order of members and the text of numbers are kept; what is added
 * comes last in its object.
 */
#ifndef UM_DOC_PATCH_H
#define UM_DOC_PATCH_H

#include "mesh/doc/error.h"
#include "mesh/doc/value.h"

/** Operations of one patch. */
#define UM__CAP_DOC_PATCH_OPS 10000U

/**
 * Applies a patch to a copy of v.
 * @param a where the copy and err's pointer are made; texts are shared with v
 *        and patch
 * @param err may be NULL; set for all answers but 0 and P2P_ENOMEM, with the
 *        pointer of the operation in the patch, as "/3"
 * @return 0; P2P_EFORMAT (the patch is none); P2P_ENOTFOUND (a value that
 *         must be there is not); P2P_ESTATE (a test fails); P2P_ELIMIT;
 *         P2P_ENOMEM
 */
int um_patch_apply(struct um_arena *a, const struct um_val *v,
                   const struct um_val *patch, struct um_val *out,
                   struct um_doc_error *err);

/**
 * Applies a JSON Merge Patch (RFC 7396): objects are merged, null takes a
 * member away, all else replaces. New members come last, in the patch's order.
 * @param a where the result is made; it shares all that it can with both
 * @return 0, P2P_ELIMIT or P2P_ENOMEM
 */
int um_patch_merge(struct um_arena *a, const struct um_val *v,
                   const struct um_val *patch, struct um_val *out);

#endif

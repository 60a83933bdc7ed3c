/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a Unit shows at GET /config: its own form of what it was given, with
 * white space for the eye.
 */
#ifndef UM_UNIT_SHOWN_H
#define UM_UNIT_SHOWN_H

#include "mesh/base/buf.h"
#include "mesh/base/str.h"

/** Appends a text without the white space between its tokens. */
void um_shown_compact(struct um_str text, struct um_buf *out);

/**
 * Whether two texts show the same: byte for byte. Where one of them was put
 * together from pieces, which have another order and less white space, the
 * members of the top are compared, each byte for byte. False too if memory is
 * out.
 */
bool um_shown_same(struct um_str a, struct um_str b);

/** Whether it is what a Unit shows that began anew; the older ones had no
 * routes. What DELETE /config leaves, "{}", is not. */
bool um_shown_blank(struct um_str text);

/**
 * Whether a Unit that was given config may show text: both have the same
 * values, in whatever order (objects of more than ten members come in another).
 * True too if that cannot be told, because a document has a limit, or memory.
 */
bool um_shown_fits(struct um_str text, struct um_str config);

#endif

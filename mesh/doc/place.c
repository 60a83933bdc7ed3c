/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Places. They are as deep as a document, UM__CAP_DOC_DEPTH and one step into
 * the last container. Failure mode: no memory, which the buffer remembers.
 */
#include "mesh/doc/place.h"

#include "mesh/doc/pointer.h"

void um_place_point(struct um_buf *out, const struct um_place *at)
{
    if (at == NULL)
        return;
    um_place_point(out, at->up);
    if (at->element)
        um_pointer_add_index(out, at->index);
    else
        um_pointer_add(out, at->name);
}

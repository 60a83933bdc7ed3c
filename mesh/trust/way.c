/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See way.h. */
#include "mesh/trust/way.h"

bool um_way_put(struct um_buf *out, struct um_str way)
{
    if (way.len == 0 || way.len > UINT8_MAX ||
        out->len + 1 + way.len > UM__CAP_ROW_WAYS_BYTES) {
        return false;
    }
    um_buf_byte(out, (char)way.len);
    um_buf_str(out, way);
    return true;
}

bool um_way_take(struct um_str *ways, struct um_str *out)
{
    size_t len = ways->len > 0 ? (uint8_t)ways->p[0] : 0;

    if (len == 0 || len >= ways->len) {
        return false;
    }
    *out = um_str_n(ways->p + 1, len);
    *ways = um_str_skip(*ways, 1 + len);
    return true;
}

bool um_way_fit(struct um_str ways)
{
    struct um_str way;

    while (um_way_take(&ways, &way)) {
    }
    return ways.len == 0;
}

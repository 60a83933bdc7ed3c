/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What an applier and its node say to each other, in pieces: what is read is
 * written again as it was, whatever the pieces are frames are the same, and
 * nothing is beyond its cap.
 */
#include <stdlib.h>

#include "mesh/applier/wire.h"
#include "p2p/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine)
        abort();
}

static void look(struct um_str frame)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_wire_msg m;
    struct um_str one;
    int rv = um_wire_read(frame, &m);

    need(rv == 0 || rv == P2P_EFORMAT);
    if (rv != 0)
        return;
    need(m.text.len <= UM__CAP_WIRE_TEXT_BYTES);
    need(m.what != UM_WIRE_GET || m.text.len <= UM__CAP_WIRE_PATH_BYTES);
    while (um_pb_list_next(&m.statements, &one) ||
           um_pb_list_next(&m.revisions, &one) ||
           um_pb_list_next(&m.facts, &one))
        need(one.len > 0 && one.len < frame.len);
    need(um_wire_read(frame, &m) == 0);
    um_wire_write(&out, &m);
    need(!um_buf_failed(&out) && out.len == frame.len + 4);
    need(um_str_eq(um_str_skip(um_buf_view(&out), 4), frame));
    um_buf_fini(&out);
}

/* Frames as they come in pieces, one behind the other with their lengths. */
static int frames(struct um_str in, size_t step, struct um_buf *out)
{
    struct um_wire_in w = {.used = 0};
    struct um_str frame;
    int rv = 0;

    while (in.len > 0 && rv == 0) {
        struct um_str piece = um_str_head(in, step);

        in = um_str_skip(in, piece.len);
        need(um_wire_in_add(&w, piece) == 0);
        while ((rv = um_wire_in_next(&w, &frame)) == 1) {
            need(frame.len > 0 && frame.len <= UM__CAP_WIRE_FRAME_BYTES);
            um_buf_u64(out, frame.len);
            um_buf_byte(out, ' ');
            um_buf_str(out, frame);
            look(frame);
        }
    }
    um_wire_in_fini(&w);
    return rv;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in = um_str_n((const char *)data, size);
    struct um_buf one = UM_BUF_INIT, two = UM_BUF_INIT;

    look(in);
    need(frames(in, size, &one) ==
         frames(in, size > 0 ? 1 + data[size - 1] % 64U : 1, &two));
    need(um_str_eq(um_buf_view(&one), um_buf_view(&two)));
    um_buf_fini(&one);
    um_buf_fini(&two);
    return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Frames on a stream: a length as a varint, then so many bytes. What sync and
 * join speak in. docs/reference/formats.md, "Join" and "Sync".
 *
 *     while ((got = um_frames_next(&f, &in, &frame)) == 1)
 *         … frame …
 *
 * A frame that lies in the bytes at hand is handed out where it is; one that
 * spans is put together in memory that grows as its bytes come, after its
 * length was looked at.
 */
#ifndef UM_SYNC_FRAME_H
#define UM_SYNC_FRAME_H

#include "mesh/base/pb.h"

/** A reader of frames. Members are private. */
struct um_frames {
    struct um_buf held; /* the part of a frame that spans */
    size_t cap;
    size_t want;   /* the frame's length, once all of it is known */
    size_t prefix; /* the bits of the length so far */
    uint8_t prefix_len;
    bool in_body;
    bool given; /* held was handed out: free it with the next call */
};

/** A reader at the beginning of a stream, of frames of at most `cap` bytes. */
void um_frames_init(struct um_frames *f, size_t cap);

/**
 * Takes bytes off `in` until a frame is whole.
 * @param frame set to the frame, valid until the next call on f and no longer
 *              than the bytes of `in`
 * @return 1; 0: `in` is used up; or an error, after which only fini is left:
 *         P2P_ETOOBIG, P2P_EFORMAT (a length that is 0 or not its shortest
 *         form), P2P_ENOMEM
 */
int um_frames_next(struct um_frames *f, struct um_str *in,
                   struct um_str *frame);

/** Whether a part of a frame has come and the rest has not. */
bool um_frames_half(const struct um_frames *f);

/** Frees what it holds. */
void um_frames_fini(struct um_frames *f);

/** Appends a frame of the bytes of a message. */
void um_frame_put(struct um_buf *out, struct um_str message);

#endif

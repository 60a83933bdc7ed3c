/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Canonical protobuf: a reader that refuses everything for which there is a
 * shorter or an earlier form, and the writer of that form. What is hashed and
 * signed has one encoding (docs/reference/formats.md, "deterministic
 * protobuf"): fields ascending and none twice, numbers 1 to 63, varints and
 * bytes alone, shortest varints, no zeros and nothing empty.
 *
 *     err = um_pb_read(&m, payload);
 *     um_pb_num(&m, 6, UM_PB_NUM_MAX, &number);
 *     um_pb_text(&m, 16, 1024, &message);
 *     return m.err;
 *
 * The test looks at the wire alone. Fields that nobody asks for are allowed.
 */
#ifndef UM_BASE_PB_H
#define UM_BASE_PB_H

#include <stdint.h>

#include "mesh/base/buf.h"
#include "mesh/base/str.h"

/** The highest field number. */
#define UM_PB_FIELD_MAX 63

/** Fields up to here can be asked for; those above are only checked. */
#define UM_PB_KNOWN_MAX 24

/** The highest number that a JSON reader takes without loss: 2^53 - 1. */
#define UM_PB_NUM_MAX ((UINT64_C(1) << 53) - 1)

/** A message that was read; its bytes are parts of what it was read from. */
struct um_pb {
    int err;        /**< the first thing that was wrong, or 0 */
    uint64_t have;  /**< bit n: field n is there */
    uint64_t bytes; /**< bit n: as bytes, else as a number */
    uint64_t num[UM_PB_KNOWN_MAX + 1];
    struct um_str str[UM_PB_KNOWN_MAX + 1];
};

/**
 * Reads a message.
 * @param m  set; borrows from `in`
 * @param in the bytes
 * @return 0 or P2P_EFORMAT, as m->err says too
 */
int um_pb_read(struct um_pb *m, struct um_str in);

/**
 * The same, but fields whose bit is in `lists` may stand several times, one
 * behind the other, with bytes in each; m->str of such a one is all of them as
 * they stand, for um_pb_list_next().
 */
int um_pb_read_lists(struct um_pb *m, struct um_str in, uint64_t lists);

/** Takes the next value off such a list; false: there is none. */
bool um_pb_list_next(struct um_str *list, struct um_str *out);

/** A field by itself. */
struct um_pb_field {
    unsigned number;
    bool bytes;        /**< whether it has bytes, else a number */
    uint64_t num;      /**< its number */
    struct um_str str; /**< its bytes; borrows */
};

/** Takes a field off the front; false: what is there is none. */
bool um_pb_take(struct um_str *in, struct um_pb_field *out);

/** Takes a varint in its shortest form off the front; false: there is none. */
bool um_pb_take_varint(struct um_str *in, uint64_t *out);

/** Whether a field is there. */
static inline bool um_pb_has(const struct um_pb *m, unsigned field)
{
    return (m->have >> field & 1) != 0;
}

/** A number, 0 if it is absent; m->err if it is bytes or above max. */
void um_pb_num(struct um_pb *m, unsigned field, uint64_t max, uint64_t *out);

/** Bytes, empty if absent; m->err if it is a number or longer than max. */
void um_pb_bytes(struct um_pb *m, unsigned field, size_t max,
                 struct um_str *out);

/** The same for bytes that must be text as um_pb_is_text() says. */
void um_pb_text(struct um_pb *m, unsigned field, size_t max,
                struct um_str *out);

/** Copies exactly len bytes to out, zeros if absent; m->err otherwise. */
void um_pb_exact(struct um_pb *m, unsigned field, size_t len, void *out);

/** Sets m->err, unless something was wrong before, when `fine` is false. */
void um_pb_need(struct um_pb *m, bool fine);

/** Whether bytes are UTF-8 without control characters (below U+0020, U+007F),
 * surrogates and overlong forms. */
bool um_pb_is_text(struct um_str s);

/** Appends a varint. */
void um_pb_put_varint(struct um_buf *out, uint64_t v);

/** Appends a number; nothing if it is 0. */
void um_pb_put_num(struct um_buf *out, unsigned field, uint64_t v);

/** Appends bytes; nothing if there are none. */
void um_pb_put_bytes(struct um_buf *out, unsigned field, const void *p,
                     size_t len);

/** Appends bytes of a view; nothing if there are none. */
void um_pb_put_str(struct um_buf *out, unsigned field, struct um_str s);

#endif

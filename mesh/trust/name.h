/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Names: 32 bytes that say which item (SHA-256 of its payload), document
 * (SHA-256 of its bytes), mesh (the id of its genesis) or member (its Ed25519
 * public key). A plain value, compared as bytes; all zero is no name.
 */
#ifndef UM_TRUST_NAME_H
#define UM_TRUST_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mesh/base/pb.h"

/** Bytes of a name. */
#define UM_NAME_BYTES 32

/** Room for a name as hex with its end. */
#define UM_NAME_TEXT_MAX 65

/** The most names in one list of an item; an item with more is refused. */
#define UM__CAP_NAMES 400

/** A name. It has no padding and no alignment: arrays of them are bytes. */
struct um_name {
    uint8_t b[UM_NAME_BYTES];
};

/** A list of names that somebody else holds. Borrows. */
struct um_namelist {
    const struct um_name *p;
    size_t n;
};

/** Below, equal to or above zero, by bytes. */
static inline int um_name_cmp(const struct um_name *a, const struct um_name *b)
{
    return memcmp(a->b, b->b, UM_NAME_BYTES);
}

/** Whether both are the same. */
static inline bool um_name_eq(const struct um_name *a, const struct um_name *b)
{
    return memcmp(a->b, b->b, UM_NAME_BYTES) == 0;
}

/** Whether it is no name. */
static inline bool um_name_none(const struct um_name *n)
{
    static const struct um_name none;

    return um_name_eq(n, &none);
}

/** Writes 64 hex digits and an end; returns text. */
char *um_name_text(const struct um_name *n, char text[UM_NAME_TEXT_MAX]);

/** Whether a set, ascending, has the name. */
bool um_namelist_has(struct um_namelist set, const struct um_name *n);

/** Sorts names and drops those that come twice; returns how many are left. */
size_t um_namelist_sort(struct um_name *p, size_t n);

/** Reads the field of a name; wrong unless absent (no name) or one. */
void um_name_read(struct um_pb *m, unsigned field, struct um_name *out);

/**
 * Reads a list of at most UM__CAP_NAMES names; `set`: ascending, none twice.
 * @param out borrows what m was read from
 */
void um_namelist_read(struct um_pb *m, unsigned field, bool set,
                      struct um_namelist *out);

/** Appends a name; nothing if it is none. */
void um_name_put(struct um_buf *out, unsigned field, const struct um_name *n);

/** Appends a list; nothing if it is empty. */
void um_namelist_put(struct um_buf *out, unsigned field,
                     struct um_namelist names);

#endif

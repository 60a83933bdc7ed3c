/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A JSON value that keeps what Unit keeps: the order of members and the text
 * of numbers. A value is a small struct; what is below it lives in an arena,
 * may be shared by many values, and does not change once it is made (edit.h
 * works on a copy of its own). All walks are recursive, because nothing is
 * made that is deeper than UM__CAP_DOC_DEPTH.
 */
#ifndef UM_DOC_VALUE_H
#define UM_DOC_VALUE_H

#include <stdint.h>

#include "mesh/base/arena.h"
#include "mesh/base/str.h"

/** Containers inside of each other, in whatever is read or made. */
#define UM__CAP_DOC_DEPTH 100U

/** Members and elements of a document, all containers together. */
#define UM__CAP_DOC_MEMBERS 100000U

/** Bytes of a document: of the text that is read, and of what is made. */
#define UM__CAP_DOC_BYTES (8U * 1024 * 1024)

/** Kinds of values. */
enum um_val_kind {
    UM_VAL_NULL,
    UM_VAL_BOOL,
    UM_VAL_NUMBER,
    UM_VAL_STRING,
    UM_VAL_ARRAY,
    UM_VAL_OBJECT,
};

struct um_val;
struct um_member;

/** Elements of an array. */
struct um_items {
    struct um_val *p;
    size_t room; /**< elements that p has room for; edit.h's */
};

/** Members of an object, in order. */
struct um_members {
    struct um_member *p;
    size_t room; /**< members that p has room for; edit.h's */
};

/** A value. */
struct um_val {
    enum um_val_kind kind;
    uint32_t count; /**< elements or members; BOOL: 1 is true */
    union {
        struct um_str text; /**< NUMBER: as written; STRING: its bytes */
        struct um_items items;
        struct um_members members;
    };
};

/** A member of an object. */
struct um_member {
    struct um_str name;
    struct um_val value;
};

/** What a value and all below it come to. */
struct um_val_size {
    size_t members; /**< members and elements of all containers */
    size_t bytes;   /**< compact, if no byte needs an escape */
    size_t depth;   /**< containers inside of each other */
};

/** True for arrays and objects. */
static inline bool um_val_nests(const struct um_val *v)
{
    return v->kind == UM_VAL_ARRAY || v->kind == UM_VAL_OBJECT;
}

/** A null. */
struct um_val um_val_null(void);

/** A string; borrows its bytes. */
struct um_val um_val_string(struct um_str s);

/**
 * An object of count members, not set yet, in the arena.
 * @return false if memory is out
 */
bool um_val_object(struct um_arena *a, size_t count, struct um_val *out);

/** The same for an array. */
bool um_val_array(struct um_arena *a, size_t count, struct um_val *out);

/** The index of the member called name; v->count if there is none. */
size_t um_val_index(const struct um_val *v, struct um_str name);

/** The member called name; NULL: there is none, or v is no object. */
const struct um_val *um_val_member(const struct um_val *v, struct um_str name);

/** True if both would be written as the same bytes. */
bool um_val_same(const struct um_val *a, const struct um_val *b);

/** What v comes to. */
struct um_val_size um_val_measure(const struct um_val *v);

/**
 * Copies the containers of v into an arena; names and texts are shared.
 * @return false if memory is out
 */
bool um_val_clone(struct um_arena *a, const struct um_val *v,
                  struct um_val *out);

/** P2P_ELIMIT if v is larger than a document may be, else 0. */
int um_val_check(const struct um_val *v);

#endif

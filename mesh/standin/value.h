/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A JSON value as Unit keeps one: members in order, numbers as the text that
 * came. A value and all below it live in one arena and do not change.
 */
#ifndef UM_STANDIN_VALUE_H
#define UM_STANDIN_VALUE_H

#include <stdint.h>

#include "mesh/base/arena.h"
#include "mesh/base/str.h"

/** Kinds of values; INTEGER is a number without a fraction, as 1.0 is. */
enum um_sval_type {
    UM_SVAL_NULL,
    UM_SVAL_BOOLEAN,
    UM_SVAL_INTEGER,
    UM_SVAL_NUMBER,
    UM_SVAL_STRING,
    UM_SVAL_ARRAY,
    UM_SVAL_OBJECT,
};

struct um_smember;

/** A value. */
struct um_sval {
    enum um_sval_type type;
    bool boolean;       /**< BOOLEAN */
    struct um_str text; /**< the number's text or the string's bytes */
    size_t count;       /**< elements or members */
    struct um_sval *items;
    struct um_smember *members;
};

/** A member of an object. */
struct um_smember {
    struct um_str name;
    struct um_sval value;
};

/** The member called name; NULL if there is none or v is no object. */
const struct um_sval *um_sval_member(const struct um_sval *v,
                                     struct um_str name);

/** The index of the member called name, or v->count. */
size_t um_sval_member_index(const struct um_sval *v, struct um_str name);

/** Element index of v; NULL if there is none or v is no array. */
const struct um_sval *um_sval_item(const struct um_sval *v, size_t index);

/** v itself if it is no array and index is 0, else element index or NULL. */
const struct um_sval *um_sval_item_or_self(const struct um_sval *v,
                                           size_t index);

/** The value of an INTEGER or NUMBER. */
double um_sval_number(const struct um_sval *v);

/** A string value that borrows its bytes. */
struct um_sval um_sval_string(struct um_str s);

/**
 * An integer value with its text in the arena.
 * @return false if memory is out
 */
bool um_sval_integer(struct um_arena *a, int64_t n, struct um_sval *out);

/**
 * An object with room for count members, all null, in the arena.
 * @return false if memory is out
 */
bool um_sval_object(struct um_arena *a, size_t count, struct um_sval *out);

/** The same for an array. */
bool um_sval_array(struct um_arena *a, size_t count, struct um_sval *out);

/** Sets member index of an object; borrows name, copies the value's head. */
void um_sval_set(struct um_sval *object, size_t index, struct um_str name,
                 struct um_sval value);

/**
 * Copies a value, deep, into an arena.
 * @return false if memory is out
 */
bool um_sval_copy(struct um_arena *a, const struct um_sval *v,
                  struct um_sval *out);

#endif

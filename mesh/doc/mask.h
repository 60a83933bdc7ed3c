/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Keeps the values of secret variables out of what is shown. In a configuration
 * they are replaced by the "{{name}}" that they came from, wherever they stand;
 * in words, such as Unit's, what has a part of one is, too.
 *
 * Strings and numbers are secrets, also those inside of a value that is an
 * array or an object; true, false, null and names of members are not.
 */
#ifndef UM_DOC_MASK_H
#define UM_DOC_MASK_H

#include "mesh/base/buf.h"
#include "mesh/doc/variables.h"

/** A secret of so many bytes and more is also found inside of a text; a shorter
 * one only where it is all of it, and in words where it is a word. */
#define UM_MASK_INSIDE 4U

/** So many bytes of one in a row that stand in words are hidden there, though
 * the rest of it does not. */
#define UM_MASK_RUN 8U

/** One string or number. */
struct um_mask_item {
    struct um_str name; /**< of the variable */
    struct um_str text;
};

/** What is to be hidden; lives in an arena. */
struct um_mask {
    const struct um_mask_item *items; /**< the longest first */
    size_t count;
};

/**
 * Opens the secrets of a document; one that cannot be opened stays out.
 * @param a         where it is made; the values are in there
 * @param variables of the document; NULL: none
 * @param secrets   NULL: none can be opened
 * @return 0 or P2P_ENOMEM
 */
int um_mask_open(struct um_arena *a, const struct um_val *variables,
                 const struct um_secrets *secrets, struct um_mask *out);

/** Adds what another mask hides. Errors: P2P_ENOMEM. */
int um_mask_join(struct um_arena *a, struct um_mask *mask,
                 const struct um_mask *other);

/** Copies a mask. Errors: P2P_ENOMEM. */
int um_mask_copy(struct um_arena *a, const struct um_mask *mask,
                 struct um_mask *out);

/**
 * Hides secrets in a configuration, and in names of its members.
 * @param shortest strings that are shorter stay, and so do all numbers if it
 *                 is not 0: what is as short may be there by chance
 * @return 0 or P2P_ENOMEM
 */
int um_mask_config(struct um_arena *a, const struct um_mask *mask,
                   size_t shortest, const struct um_val *config,
                   struct um_val *out);

/** Appends words with secrets hidden in them, also those that are escaped as in
 * JSON. Errors: P2P_ENOMEM; the words are not to be shown then. */
int um_mask_words(const struct um_mask *mask, struct um_str words,
                  struct um_buf *out);

/** The same as a text that ends with a zero byte, valid as long as room. */
const char *um_mask_say(const struct um_mask *mask, struct um_str words,
                        struct um_buf *room);

#endif

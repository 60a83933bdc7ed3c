/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What is wrong with a document or a change of one, for whoever sent it: a
 * text, and the place where it is.
 */
#ifndef UM_DOC_ERROR_H
#define UM_DOC_ERROR_H

#include "mesh/base/arena.h"
#include "mesh/base/str.h"

/** A mistake and its place. */
struct um_doc_error {
    const char *text;      /**< a constant, for people */
    bool has_pointer;      /**< pointer is known ("" is the whole document) */
    struct um_str pointer; /**< RFC 6901; valid as long as the call's arena */
    bool has_place;        /**< at is known: the mistake is in a text */
    size_t at;             /**< offset in bytes, behind a byte order mark */
    size_t line;           /**< from 1; 0: the line is not UTF-8 */
    size_t column;         /**< from 1, in characters */
};

/**
 * Says what is wrong at a pointer.
 * @param err may be NULL
 * @param pointer borrowed: it must live as long as err is read
 */
void um_doc_error_at(struct um_doc_error *err, const char *text,
                     struct um_str pointer);

/** Says what is wrong at an offset of a text, and finds line and column. */
void um_doc_error_place(struct um_doc_error *err, const char *what,
                        struct um_str text, size_t at);

#endif

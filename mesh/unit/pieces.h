/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A configuration that is read member by member, because Unit cuts off what
 * does not fit into its socket's buffer: the members of the top, each by its
 * own GET, put together in the order in which Unit keeps them.
 */
#ifndef UM_UNIT_PIECES_H
#define UM_UNIT_PIECES_H

#include <stdbool.h>
#include <stddef.h>

struct um_pieces;

/** A reader of the object at `path`. Owned; NULL: no memory. */
struct um_pieces *um_pieces_new(const char *path);

/** Frees it; NULL is fine. */
void um_pieces_free(struct um_pieces *p);

/** The path to GET next, or NULL when all pieces are there. */
const char *um_pieces_next(const struct um_pieces *p);

/**
 * Takes the answer to the GET of um_pieces_next().
 * @return false: no memory, or it is not what it must be
 */
bool um_pieces_add(struct um_pieces *p, const char *body, size_t len);

/** All members as one JSON object; valid until p is freed. */
const char *um_pieces_whole(struct um_pieces *p, size_t *len);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A change that is sent again is one change: Idempotency-Key. What was answered
 * is kept in the batch of the change itself, under who asked and his key.
 */
#ifndef UM_APP_ONCE_H
#define UM_APP_ONCE_H

#include "mesh/app/deed.h"

/** Bytes of what an answer is kept under: whether it came over the socket, and
 * the hash of the key. */
#define UM_ONCE_KEY_BYTES (1 + UM_NAME_BYTES)

/** A request with such a key; all zero: one without. */
struct um_once {
    bool keyed;
    char key[UM_ONCE_KEY_BYTES];
    struct um_name request; /**< a hash of what it asks */
};

/**
 * Looks whether it was answered before.
 * @param deed    its revision is set if it was
 * @param key     as the client sent it
 * @param request a hash of what is asked, without the query
 * @param body    set to the body of the answer that was given
 * @return 0: it was not; 200: it was; else the request was answered that it
 *         cannot be
 */
unsigned um_once_look(struct um_once *o, struct um_deed *deed,
                      struct um_str key, const struct um_name *request,
                      struct um_buf *body);

/** Keeps what is answered, with a key; when the revision is made. */
void um_once_keep(const struct um_once *o, struct um_node *n,
                  const struct um_name *revision, struct um_str body);

#endif

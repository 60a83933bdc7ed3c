/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Answers to requests with an Idempotency-Key, so that one that comes again
 * gets the same answer and does nothing. An answer is kept in the batch of what
 * the request did.
 */
#ifndef UM_STORE_ANSWERS_H
#define UM_STORE_ANSWERS_H

#include "mesh/store/store.h"

/** The most answers that are kept; the oldest goes first. */
#define UM__CAP_STORE_ANSWERS 1024

/** The longest key and the longest answer; longer ones are refused. */
#define UM__CAP_STORE_ANSWER_KEY_BYTES 255
#define UM__CAP_STORE_ANSWER_BYTES     65536

/** For how long an answer is kept. */
#define UM_STORE_ANSWER_MS UINT64_C(86400000)

/** An answer. */
struct um_answer {
    struct um_str key;      /**< who asked and the key; any bytes */
    struct um_name request; /**< a hash of what was asked */
    uint64_t at_ms;         /**< when it was answered */
    uint32_t status;        /**< of HTTP */
    struct um_str bytes;    /**< its body; what is read is valid until the next
                                 call on the store */
};

/** Keeps one, in the place of an older one; those that are too old go. Errors:
 * P2P_ETOOBIG, P2P_EINVAL (a moment that is none), s->trouble. */
int um_answers_put(struct um_store *s, const struct um_answer *answer);

/**
 * The answer to a key.
 * @param now_ms the plain clock
 * @param out    set but for its key; whether the request is the same is for the
 *               caller to see
 * @return 0, P2P_ENOTFOUND (none, or too old), P2P_EFORMAT, s->trouble
 */
int um_answers_get(struct um_store *s, struct um_str key, uint64_t now_ms,
                   struct um_answer *out);

#endif

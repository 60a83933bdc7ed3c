/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a request asks for: the method, the path as Unit takes it apart, the
 * media types; and whether its other headers can be what they should be.
 */
#ifndef UM_CONTROL_ASK_H
#define UM_CONTROL_ASK_H

#include "mesh/control/control.h"
#include "mesh/control/problem.h"

/** Methods that mean something. */
enum um_ask_method {
    UM_ASK_GET,
    UM_ASK_PUT,
    UM_ASK_POST,
    UM_ASK_DELETE,
    UM_ASK_PATCH,
    UM_ASK_OTHER,
};

/** What the body is taken for. */
enum um_ask_media {
    UM_ASK_VALUE,       /**< a value, whatever the type says, as Unit */
    UM_ASK_JSON_PATCH,  /**< application/json-patch+json */
    UM_ASK_MERGE_PATCH, /**< application/merge-patch+json */
};

/** A request, read. */
struct um_ask {
    enum um_ask_method method;
    enum um_ask_media media;
    bool problems;      /**< errors as application/problem+json */
    struct um_str path; /**< normalised, without a slash at its end */
    struct um_str rest; /**< behind the resource; "/": nothing is */
};

/**
 * Reads a request.
 * @param a where its path is made
 * @param why set when the answer is P2P_EFORMAT
 * @return 0, P2P_EFORMAT or P2P_ENOMEM
 */
int um_ask_read(struct um_arena *a, const struct um_control_request *req,
                struct um_ask *out, struct um_problem *why);

/**
 * Checks what a change says of itself: X-Message and Idempotency-Key.
 * @return as um_ask_read
 */
int um_ask_check(struct um_arena *a, const struct um_control_request *req,
                 struct um_problem *why);

/**
 * Whether a text is UTF-8 without control characters, as signed items and
 * sealed objects carry it.
 * @return 0 or P2P_ENOMEM
 */
int um_ask_text(struct um_arena *a, struct um_str s, bool *yes);

/** True if the path is that resource or below it; the rest is set then. */
bool um_ask_below(struct um_ask *ask, const char *resource);

#endif

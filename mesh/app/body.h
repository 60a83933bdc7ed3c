/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The body of a request: a JSON object; what is not in it has its
 * default, and what means nothing in it is a mistake. */
#ifndef UM_APP_BODY_H
#define UM_APP_BODY_H

#include "mesh/doc/value.h"
#include "mesh/rest/http.h"

/** A member that a body may have. */
struct um_body_member {
    const char *name; /**< NULL ends a list */
    enum um_val_kind kind;
};

/** Reads it; an empty body is an empty object. false: it was answered what is
 * wrong: a slip such as "roles" for "role" must not do what was not meant.
 * @param a where it is made; it does not view the request
 * @param may the members that mean something; NULL: it is checked elsewhere */
bool um_body_read(struct um_http_req *req, struct um_arena *a,
                  const struct um_body_member *may, struct um_val *out);

/** Whether nothing is said in it. false: it was answered what is too much. */
bool um_body_none(struct um_http_req *req);

/** A text of it; p NULL: it is not there, or is no text. */
struct um_str um_body_text(const struct um_val *body, const char *name);

/** A whole number of it, or another one; 0: it is there, and is none. */
uint64_t um_body_number(const struct um_val *body, const char *name,
                        uint64_t otherwise);

/** Whether it says true. */
bool um_body_true(const struct um_val *body, const char *name);

#endif

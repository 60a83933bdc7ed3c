/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A request to a listener, as routes and templates see it.
 */
#ifndef UM_STANDIN_REQUEST_H
#define UM_STANDIN_REQUEST_H

#include "mesh/base/buf.h"
#include "mesh/standin/standin.h"
#include "mesh/standin/head.h"

/** A request; its views borrow the bytes that were read. */
struct um_srequest {
    const struct um_shead *head;
    struct um_str path; /**< may be rewritten on the way */
    struct um_str query;
    struct um_str host; /**< lower case, without the port */
    const struct um_addr *local;
    const struct um_addr *remote;
    const struct um_standin_time *now;
    struct um_arena *arena; /**< for what is made on the way */
};

/**
 * The host of a Host field, checked and normalised.
 * @return false if it is none
 */
bool um_srequest_host(struct um_str field, struct um_arena *a,
                      struct um_str *out);

/**
 * Appends the value of a template.
 * @return false if it cannot be had (JavaScript)
 */
bool um_srequest_eval(const struct um_srequest *r, struct um_str text,
                      struct um_buf *out);

/** The value of a template, in the request's arena. */
bool um_srequest_text(const struct um_srequest *r, struct um_str text,
                      struct um_str *out);

/** Called for each "name=value" of a list; false ends the walk. */
typedef bool um_srequest_pair_fn(void *arg, struct um_str name,
                                 struct um_str value);

/**
 * Walks the arguments of a query, decoded in the request's arena.
 * @return false if fn ended it, or memory is out
 */
bool um_srequest_arguments(const struct um_srequest *r, um_srequest_pair_fn *fn,
                           void *arg);

/** Walks the cookies. */
bool um_srequest_cookies(const struct um_srequest *r, um_srequest_pair_fn *fn,
                         void *arg);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Where a "pass" leads: "routes", "routes/NAME", "applications/NAME",
 * "applications/NAME/TARGET", "upstreams/NAME", each part URL-encoded.
 */
#ifndef UM_STANDIN_PASS_H
#define UM_STANDIN_PASS_H

#include "mesh/base/buf.h"
#include "mesh/standin/value.h"

/** Bytes of a pass that is followed; a longer one leads nowhere. */
#define UM__CAP_STANDIN_PASS_BYTES 4096U

enum { UM_SPASS_PARTS = 3 };

/** A destination, taken apart. */
struct um_spass {
    struct um_str part[UM_SPASS_PARTS]; /**< in room; len 0 if not there */
    char room[UM__CAP_STANDIN_PASS_BYTES];
};

/** What a pass leads to. */
enum um_spass_kind {
    UM_SPASS_NONE,
    UM_SPASS_ROUTE,
    UM_SPASS_APPLICATION,
    UM_SPASS_UPSTREAM,
};

/**
 * Takes a pass apart.
 * @return false if a part is empty or malformed, or there are too many
 */
bool um_spass_parse(struct um_str text, struct um_spass *out);

/**
 * Looks a destination up in a configuration.
 * @param what set to the route array, the application, the upstream; may be
 *        NULL
 */
enum um_spass_kind um_spass_find(const struct um_spass *pass,
                                 const struct um_sval *conf,
                                 const struct um_sval **what);

#endif

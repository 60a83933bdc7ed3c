/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Where a node is reached by relays, as its row tells: binary multiaddrs
 * without the /p2p/ID at their end, each behind a byte with its length. A hint:
 * who is dialed there has to prove who it is. docs/reference/formats.md.
 */
#ifndef UM_TRUST_WAY_H
#define UM_TRUST_WAY_H

#include <stdbool.h>

#include "mesh/base/buf.h"

/** The bytes of all ways in a row; a row with more is as one with none. */
#define UM__CAP_ROW_WAYS_BYTES 512

/** Appends one; false: it is empty, too long, or there is no room. */
bool um_way_put(struct um_buf *out, struct um_str way);

/** Takes the first one off; false: there is none. */
bool um_way_take(struct um_str *ways, struct um_str *out);

/** Whether bytes are whole ways. */
bool um_way_fit(struct um_str ways);

#endif

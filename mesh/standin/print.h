/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * JSON as Unit writes it: for people with tabs, CRLF and a blank line after a
 * member that was a container with something in it; for conf.json without any
 * white space.
 */
#ifndef UM_STANDIN_PRINT_H
#define UM_STANDIN_PRINT_H

#include "mesh/base/buf.h"
#include "mesh/standin/value.h"

/** Appends v, indented, without a line end after it. */
void um_sjson_pretty(struct um_buf *out, const struct um_sval *v);

/** Appends v without white space. */
void um_sjson_compact(struct um_buf *out, const struct um_sval *v);

#endif

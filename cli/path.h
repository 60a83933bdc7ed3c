/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Paths of requests, and of places in a document, as people type them.
 */
#ifndef UM_CLI_PATH_H
#define UM_CLI_PATH_H

#include "cli/options.h"
#include "mesh/base/buf.h"

/** Appends "/" and a segment, all that is special in it escaped. */
void um_cli_path_segment(struct um_buf *b, const char *segment);

/** Appends "?key=value" or "&key=value"; value NULL or "": the key alone. */
void um_cli_path_query(struct um_buf *b, const char *key, const char *value);

/** Appends the flags that go into a query as they are. */
void um_cli_path_flags(struct um_buf *b, const struct um_options *o);

/**
 * Appends the request path of what a person typed: /config, /certificates,
 * /js_modules, /status, /control, /mesh and what is below is meant as it is;
 * anything else is below /config. The slash in front may be missing. Escapes
 * (%2F) stay, what is no path is escaped.
 */
void um_cli_path_typed(struct um_buf *b, const char *typed);

/** The same as the JSON pointer into a document: routes/0 is /base/routes/0.
 */
void um_cli_path_pointer(struct um_buf *b, const char *typed);

/** Ends it with a zero byte; NULL: memory is out, which was said. */
const char *um_cli_path_end(struct um_buf *b);

#endif

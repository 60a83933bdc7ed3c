/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Where in a text something stands, as editors count. */
#ifndef UM_CLI_LOCATE_H
#define UM_CLI_LOCATE_H

#include <stdbool.h>

#include "mesh/base/str.h"

/**
 * Finds a value in a JSON text that is well formed.
 * @param pointer RFC 6901; "": all of it
 * @return its first byte, or NULL: it is not there
 */
const char *um_locate_value(struct um_str text, struct um_str pointer);

/**
 * What is left of the pointer of a mistake when that of what a request is about
 * is taken off: what was sent begins there.
 * @param path of the request: /config/routes?dry-run is /routes in the
 * configuration, /mesh/overlays/all is /overlays/all of the document
 * @return p NULL: it is about something else
 */
struct um_str um_locate_below(struct um_str pointer, const char *path);

#endif

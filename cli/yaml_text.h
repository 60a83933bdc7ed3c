/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file JSON as YAML: the same values, for people and for programs. */
#ifndef UM_CLI_YAML_TEXT_H
#define UM_CLI_YAML_TEXT_H

#include <stddef.h>

#include "mesh/base/buf.h"

/**
 * Appends a JSON text as YAML. Numbers stay as they were written; a text that
 * YAML would take for something else, such as "no" or "1.10", is quoted.
 * @param json borrows
 * @return 0; -1: it is no JSON, it is too deep, or memory is out
 */
int um_yaml_put(struct um_buf *out, const char *json, size_t len);

#endif

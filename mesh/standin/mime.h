/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The MIME types of files, Unit's own and those of the configuration.
 */
#ifndef UM_STANDIN_MIME_H
#define UM_STANDIN_MIME_H

#include "mesh/standin/value.h"

/**
 * The type of a file by its name.
 * @param conf the configuration, whose settings come first
 * @return empty if there is none
 */
struct um_str um_smime_type(const struct um_sval *conf, struct um_str path);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Versions of programs, as people number them: "0.2.0". */
#ifndef UM_BASE_VERSION_H
#define UM_BASE_VERSION_H

#include "mesh/base/str.h"

/**
 * Compares two versions: up to three numbers with dots between them; what
 * stands behind them does not count. What is no version is the oldest.
 * @return negative, 0 or positive, as `a` is older, the same or newer
 */
int um_version_compare(struct um_str a, struct um_str b);

#endif

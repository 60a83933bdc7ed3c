/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Unit's own log. Where Unit answers 500 it says why there and nowhere else.
 */
#ifndef UM_APPLIER_UNITLOG_H
#define UM_APPLIER_UNITLOG_H

#include <stdint.h>

#include "mesh/base/buf.h"

/** Bytes of the log that go with a refusal: its last lines. */
#define UM__CAP_UNITLOG_BYTES 2048U

/** How long the log is; 0 if there is none, or path is NULL. */
uint64_t um_unitlog_size(const char *path);

/**
 * Appends the last whole lines that were written since it had `since` bytes,
 * each behind "; " and once, without the time and the process in front of
 * Unit's lines, as text that is harmless for terminals. Nothing if there are
 * none, the file cannot be read, or path is NULL.
 */
void um_unitlog_tail(const char *path, uint64_t since, struct um_buf *out);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Where the daemon's log lines go: text for people, JSON for programs.
 */
#ifndef UM_APP_JOURNAL_H
#define UM_APP_JOURNAL_H

#include <stdbool.h>

#include "mesh/base/log.h"

/** Makes a log that writes to stderr, a line a write. */
void um_journal_init(struct um_log *log, enum um_log_level level, bool json);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Where the daemon's log lines go: to standard error, as text for people or
 * JSON for programs, or to systemd's journal with fields of their own. Why
 * without its library: docs/adr/0018-the-journal-by-hand.md.
 */
#ifndef UM_APP_JOURNAL_H
#define UM_APP_JOURNAL_H

#include <stdbool.h>

#include "mesh/app/dgram.h"
#include "mesh/base/log.h"

/** Where the journal listens. */
#define UM_JOURNAL_SOCKET "/run/systemd/journal/socket"

/** Bytes of the name of this node that lines say. */
#define UM_JOURNAL_NODE 64

/** How lines are written. */
enum um_journal_format {
    UM_JOURNAL_TEXT,
    UM_JOURNAL_JSON,
    UM_JOURNAL_NATIVE, /**< to the journal, by its own protocol */
    UM_JOURNAL_FOUND   /**< native, if standard error is the journal's; or
                            text */
};

/** The way out of a log; not to be moved while that is used. */
struct um_journal {
    enum um_journal_format format; /**< never FOUND */
    struct um_dgram socket;
    char node[UM_JOURNAL_NODE]; /**< "": lines do not say */
};

/**
 * Makes a log. Before rights are given up. A journal that does not listen is
 * done without: text, and a line that says so if it was asked for.
 * @param at where the journal listens, UM_JOURNAL_SOCKET but in tests
 */
void um_journal_open(struct um_journal *j, struct um_log *log,
                     enum um_journal_format format, const char *at);

/** Each line says this name of the node from now on. Copies. */
void um_journal_name(struct um_journal *j, const char *node);

/** Whether standard error leads to the journal, as JOURNAL_STREAM says. */
bool um_journal_is_stderr(void);

/** Ends it; the log is text again. */
void um_journal_close(struct um_journal *j);

#endif

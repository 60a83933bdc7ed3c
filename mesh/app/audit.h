/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The audit log: who changed what, or tried to, and from where. A line of JSON
 * each, in audit.log of the state folder (0640), which begins anew at a size;
 * the one before is kept as audit.log.1. A line is there when it was written,
 * and on the disk when the system puts it there.
 */
#ifndef UM_APP_AUDIT_H
#define UM_APP_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mesh/base/buf.h"
#include "mesh/base/log.h"

/** Bytes of one of the two files; then it begins anew. */
#define UM__CAP_AUDIT_BYTES (2U << 20)

/** Lines about what was refused that are taken at once, and one more each
 * second: who knocks does not push out what was done. Others are counted. */
#define UM__CAP_AUDIT_REFUSED 60U

/** How many lines one answer has at most. */
#define UM__CAP_AUDIT_SHOWN 1000U

/** What is noted; texts are borrowed, NULL: it is not said. Never a body, a
 * token, or a value of the document. */
struct um_audit_entry {
    const char *action; /**< "PUT /config/listeners", "revision", "grant" */
    const char *via;    /**< "socket", "tcp", "page", "node", "here" */
    bool has_uid;
    uint32_t uid; /**< of who asked at the socket, and the process */
    int32_t pid;
    const char *addr;    /**< of who asked over TCP */
    const char *peer;    /**< the member that brought it */
    const char *signer;  /**< whose key signed it: a peer id */
    const char *name;    /**< of the signer, by the roster */
    const char *about;   /**< a revision, or whose roles */
    const char *policy;  /**< how it comes into force */
    const char *message; /**< of its author */
    bool refused;        /**< else it was accepted */
    unsigned status;     /**< of HTTP; 0: it was no request */
    const char *reason;  /**< of a refusal */
};

/** An open one. */
struct um_audit {
    int dir; /**< the state folder, borrowed */
    int fd;  /**< -1: it could not be opened */
    uint64_t size;
    uint64_t last; /**< the number of the last line */
    uint64_t refused_ms;
    unsigned refused;  /**< of their room */
    uint64_t left_out; /**< since the last that was noted */
    bool failing;      /**< that was said */
    const struct um_log *log;
};

/**
 * Opens or makes it; what is wrong is said, and nothing is noted then.
 * @param dir borrowed, as the log
 */
void um_audit_open(struct um_audit *a, int dir, const struct um_log *log);

/** Closes it. */
void um_audit_close(struct um_audit *a);

/** Notes one, here and in the log. @param wall_ms now */
void um_audit_note(struct um_audit *a, uint64_t wall_ms,
                   const struct um_audit_entry *e);

/**
 * Appends lines to `out`, as a list of JSON without its brackets, the oldest
 * first.
 * @param since those behind this number, from the first on; 0: the last ones
 * @param limit at most so many, and UM__CAP_AUDIT_SHOWN
 * @param more  set: there are others behind the last (or before the first)
 * @return how many
 */
size_t um_audit_read(const struct um_audit *a, uint64_t since, uint64_t limit,
                     struct um_buf *out, bool *more);

#endif

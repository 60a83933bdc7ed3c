/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The one who talks to a Unit's control API. It knows Unit's oddities: one
 * mutation in flight, the configuration never by a sub-path; an end without an
 * answer means that nobody knows, so it looks; a long answer may be cut off, so
 * it tries again and then reads piece by piece; a configuration is compared
 * with what Unit itself showed after our own PUT, byte for byte.
 */
#ifndef UM_UNIT_CLIENT_H
#define UM_UNIT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/base/str.h"
#include "mesh/fetch/fetch.h"

/** Bytes of a configuration, either way. */
#define UM__CAP_UNIT_CONFIG_BYTES (8U * 1024U * 1024U)
/** Bytes of an answer: a configuration as Unit shows it, each member on a line
 * of its own behind as many tabs as it is deep. What the applier tells its node
 * of it fits into a message. */
#define UM__CAP_UNIT_ANSWER_BYTES (19U * 1024U * 1024U)
/** Requests that wait for their turn. */
#define UM__CAP_UNIT_QUEUE 64

/** How a request to Unit ended. */
enum um_unit_status {
    UM_UNIT_OK,
    UM_UNIT_ABSENT,  /**< no socket, or nobody listens */
    UM_UNIT_REFUSED, /**< 400 to 405: it will say so again */
    UM_UNIT_FAILED,  /**< 500, or another code: perhaps not next time */
    UM_UNIT_UNKNOWN, /**< no answer, and looking did not tell */
    UM_UNIT_BUSY     /**< too many requests wait */
};

/** An answer; valid during the call. */
struct um_unit_answer {
    enum um_unit_status status;
    long code;        /**< the HTTP status; 0: none */
    const char *body; /**< ends with a zero byte */
    size_t len;
    const char *text; /**< what went wrong, for people; "" when nothing did */
};

typedef void um_unit_done(void *user, const struct um_unit_answer *a);

/** What a client is made of; borrows all until it is freed. */
struct um_unit_cfg {
    const char *target; /**< unix:PATH or http://HOST:PORT; copied */
    struct um_fetch *fetch;
    const struct um_alarms *alarms;
    const struct um_log *log;
};

struct um_unit;

/** A client. Owned; NULL: no memory, or target is neither form. */
struct um_unit *um_unit_new(const struct um_unit_cfg *cfg);

/** Ends it; requests under way end without a word. */
void um_unit_free(struct um_unit *u);

/** The target as it was given. */
const char *um_unit_target(const struct um_unit *u);

/**
 * GET of a path of the control API, whole or not at all: an answer that is cut
 * off is asked for again, and /config at last piece by piece.
 */
void um_unit_get(struct um_unit *u, const char *path, um_unit_done *done,
                 void *user);

/**
 * PUT /config, whole. Waits for its turn: one mutation is in flight. When no
 * answer comes it looks whether Unit changed, and tries again if not.
 * On success the answer's body is what Unit shows now.
 * @param body copied
 */
void um_unit_put_config(struct um_unit *u, const void *body, size_t len,
                        um_unit_done *done, void *user);

/** Another configuration, by somebody who has just seen what Unit shows. */
struct um_unit_replacement {
    const char *before;        /**< what it showed; copied; NULL: look first */
    struct um_str config;      /**< copied */
    void (*taken)(void *user); /**< NULL, or: Unit took it, what it shows now
                                    is not known yet */
};

/** The same as um_unit_put_config() without looking first. */
void um_unit_replace_config(struct um_unit *u,
                            const struct um_unit_replacement *r,
                            um_unit_done *done, void *user);

/** A change of something beside the configuration. */
struct um_unit_change {
    const char *method; /**< "PUT" or "DELETE"; a constant */
    const char *path;   /**< of the control API; copied */
    const void *body;   /**< copied; NULL: none */
    size_t len;
};

/**
 * PUT or DELETE of a certificate or a script, in its turn. It is asked once:
 * without an answer it is UM_UNIT_UNKNOWN, and the caller looks.
 */
void um_unit_change(struct um_unit *u, const struct um_unit_change *change,
                    um_unit_done *done, void *user);

/** Whoever waits with this `user` is told no more. Changes are made all the
 * same; what was only to be read, and has not begun, is not. */
void um_unit_forget(struct um_unit *u, const void *user);

/** The version of Unit as it said last, "1.35.0"; "" if it did not. */
const char *um_unit_version(const struct um_unit *u);

/** Where a Unit is usually found: the first socket that exists; else where one
 * is waited for, as when a machine starts. @param there which of these it is */
const char *um_unit_find(bool *there);

#endif

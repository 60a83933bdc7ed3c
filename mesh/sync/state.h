/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What the files of a session know of each other: session.c has the rounds, the
 * events and the time, pull.c asks and takes, serve.c answers.
 */
#ifndef UM_SYNC_STATE_H
#define UM_SYNC_STATE_H

#include "mesh/sync/session.h"

/** Ends the session; the first reason counts. */
void um_sync_end(struct um_sync *s, enum um_sync_why why);

/** Whether an item is here, or not to be asked for. */
bool um_sync_has(const struct um_sync *s, enum um_sync_set set,
                 const struct um_name *id);

/** The digests of a set. */
static inline struct um_digest *um_sync_digest(const struct um_sync *s,
                                               enum um_sync_set set)
{
    return s->source->digests[set - 1];
}

/** Whether the peer said that it has the set as it is here now. */
bool um_sync_same_root(const struct um_sync *s, enum um_sync_set set);

/* ---- pull.c */

/** Decides what is next when nothing is under way: pulls, a round, DONE. */
void um_sync_settle(struct um_sync *s);

/** Appends the next request; false: there is none, or too many are open. */
bool um_sync_request(struct um_sync *s, struct um_buf *out);

/** Takes an answer: Buckets, Ids, Items, Doc, Slot or Sorry. */
void um_sync_answered(struct um_sync *s, const struct um_sync_msg *m);

/** The next item of the frame at hand; false: none is left, or it ended. */
bool um_sync_next_item(struct um_sync *s, struct um_sync_ev *ev);

/** Frees what pull.c holds. */
void um_sync_pull_fini(struct um_sync *s);

/* ---- serve.c */

/** Takes a request, or an unknown message. */
void um_sync_asked(struct um_sync *s, const struct um_sync_msg *m);

/** Notes which rows the peer has not; from its Hello. */
void um_sync_plan_rows(struct um_sync *s, struct um_str theirs);

/** Appends our Hello. */
void um_sync_hello(struct um_sync *s, struct um_buf *out);

/** Appends rows that the peer has not; false: there are none. */
bool um_sync_send_rows(struct um_sync *s, struct um_buf *out);

/** Appends a frame of the answer to the oldest request; false: there is none,
 * or the session ended. */
bool um_sync_answer(struct um_sync *s, struct um_buf *out);

/** Frees what serve.c holds. */
void um_sync_serve_fini(struct um_sync *s);

#endif

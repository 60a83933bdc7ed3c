/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What was given to this Unit, in the order in which it was: revisions with
 * their headers, what came of each, and who confirmed them. It is what an
 * applier knows without anybody's word.
 */
#ifndef UM_APPLIER_TRAIL_H
#define UM_APPLIER_TRAIL_H

#include "mesh/applier/proof.h"

/** Revisions that a trail holds. What counts least for what may run later goes
 * first, see um_trail_begins(). */
#define UM__CAP_TRAIL_RUNS 16

/** Confirmations of one revision that are kept: one is enough, and more are for
 * the case that who signed it is revoked. */
#define UM__CAP_TRAIL_CONFIRMS 4

/** A revision that was given to this Unit, or may be now. */
struct um_run {
    struct um_revision rev; /**< borrows from what follows */
    struct um_buf header;   /**< its envelope */
    struct um_fact confirms[UM__CAP_TRAIL_CONFIRMS];
    struct um_buf confirmed[UM__CAP_TRAIL_CONFIRMS]; /**< their envelopes */
    size_t confirms_n;
    uint64_t seen_ms; /**< when the applier first saw it */
    bool overdue;     /**< its deadline was judged passed, once for all */
    bool refused;     /**< what was said last of it: no */
    bool took;        /**< Unit took it at some time */
    bool runs;        /**< Unit took it, and no other since */
    bool held;        /**< it was confirmed, or immediate, when it ran */
    bool early;       /**< Unit took it, but only while it was not held yet: an
                           attempt without an answer since is none that ran */
    bool over;        /**< it was void when it was looked at last */
    bool pending;     /**< Unit was given it, and the applier did not hear what
                           came of that: it still may, or was ended */
    struct um_name effective; /**< what it came to here; none: not known */
};

/** All zero is empty. */
struct um_trail {
    struct um_run *runs[UM__CAP_TRAIL_RUNS]; /**< by when they began last */
    size_t n;
    bool dirty; /**< it is another than was saved */
};

/** Frees what it holds. */
void um_trail_fini(struct um_trail *t);

/**
 * A run of a revision.
 * @param envelope of its header, which was verified; copied
 * @return owned; NULL: no memory
 */
struct um_run *um_run_new(struct um_str envelope, uint64_t seen_ms);

/** Frees it; NULL is fine. */
void um_run_free(struct um_run *r);

/**
 * Keeps a confirmation, unless it is kept.
 * @param envelope of a fact about r, which was verified; copied
 * @param counts   for each that is kept, whether it still does; the first that
 *                 does not goes if there are too many
 * @return whether anything is another now: 1, 0; P2P_ENOMEM
 */
int um_run_confirm(struct um_run *r, struct um_str envelope,
                   const bool counts[UM__CAP_TRAIL_CONFIRMS]);

/** The run of a revision, or NULL. Valid until it is dropped. */
struct um_run *um_trail_find(const struct um_trail *t,
                             const struct um_name *revision);

/**
 * A run begins, as the newest.
 * @param r takes; or one of the trail. If there are too many, one goes: that
 *          was refused, or was void; else one that did not hold when it
 *          ran; else the lowest.
 */
void um_trail_begins(struct um_trail *t, struct um_run *r);

/** What came of a run: Unit took it. */
void um_trail_took(struct um_trail *t, struct um_run *r);

/** What came of it: somebody said no. */
void um_trail_refused(struct um_trail *t, struct um_run *r);

/** What came of it: there was no answer. */
void um_trail_silent(struct um_trail *t, struct um_run *r);

/**
 * Unit was seen to run a configuration: what was under way with that has run.
 * It answers in turn, so after it has said no to a newer one, what was under
 * way and is not seen was not taken, or is gone. A newer one that Unit took,
 * and that comes to the same, is what is seen.
 * @param shown the hash of what it shows
 * @return whether anything is another now
 */
bool um_trail_shows(struct um_trail *t, const struct um_name *shown);

/** Whether it is what runs here, as far as can be known: Unit took it last, and
 * there is no newer run of which nobody has said what came of it. That there
 * was no answer to runs before the newest is void by what was said of that; not
 * that nobody waited for the answer. */
bool um_trail_current(const struct um_trail *t, const struct um_run *r);

/** Whether it ran here since it held, or may run now. */
bool um_trail_counts(const struct um_trail *t, const struct um_run *r);

/** Notes that a run is confirmed, which counts for what runs here or may run
 * now: what was confirmed later was not established when it ran, and its node
 * does not fall back to it (rule 6). */
void um_trail_holds(struct um_trail *t, struct um_run *r);

/** Appends a run as bytes. */
void um_run_write(const struct um_run *r, struct um_buf *out);

/**
 * Reads one, as the newest.
 * @param mesh of which it must be
 * @return 0, P2P_EFORMAT, P2P_ENOMEM
 */
int um_trail_read(struct um_trail *t, const struct um_name *mesh,
                  struct um_str bytes);

/** Whether a revision ranks above another (rule 4). */
bool um_run_outranks(const struct um_revision *a, const struct um_revision *b);

#endif

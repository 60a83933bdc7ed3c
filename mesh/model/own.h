/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a node knows of itself and must not forget: what it runs, to what it can
 * fall back, what its Unit refused. One small record, stored whole.
 */
#ifndef UM_MODEL_OWN_H
#define UM_MODEL_OWN_H

#include "mesh/trust/name.h"

/** The most attempts that are remembered as bad; of those before them one more
 * is made. */
#define UM__CAP_OWN_BAD 64

/** The most rollouts that this node drives because a person said so; older
 * ones need to be told again. */
#define UM__CAP_OWN_DRIVING 8

/** How many established revisions that ran here are kept to fall back to. */
#define UM_OWN_GOOD 4

/** Why an attempt is bad. */
enum um_bad { UM_BAD_REFUSED = 1, UM_BAD_UNHEALTHY = 2 };

/** A revision as a configuration of this node, that was tried. */
struct um_tried {
    struct um_name revision;
    struct um_name effective; /**< none: no configuration could be made */
    enum um_bad why;
};

/** All zero: nothing ran here. */
struct um_own {
    struct um_name applied; /**< runs here: 200, and verified */
    struct um_name effective;
    struct um_name trying; /**< given to Unit, and no answer yet */
    struct um_name trying_effective;
    struct um_name offered; /**< a configuration that Unit was given before
                                 there is a revision of it; none: none */
    struct um_name good[UM_OWN_GOOD]; /**< the oldest first */
    size_t good_n;
    struct um_tried bad[UM__CAP_OWN_BAD]; /**< the newest first */
    size_t bad_n;
    struct um_name driving[UM__CAP_OWN_DRIVING]; /**< the newest first */
    size_t driving_n;
    uint64_t row_seq; /**< no row of this node has a higher one */
};

/** Appends it as bytes. */
void um_own_write(const struct um_own *own, struct um_buf *out);

/** Reads it. Errors: P2P_EFORMAT. */
int um_own_read(struct um_str bytes, struct um_own *out);

/** Notes an established revision that runs here as the newest to fall back
 * to; whether something changed. */
bool um_own_note_good(struct um_own *own, const struct um_name *revision);

/** Notes an attempt as bad, the newest. */
void um_own_note_bad(struct um_own *own, const struct um_tried *a);

/** Forgets the bad attempts of a kind: of a revision, or (NULL) of all.
 * Whether there were any. */
bool um_own_forget_bad(struct um_own *own, enum um_bad why,
                       const struct um_name *revision);

/** Whether an attempt was refused; `effective` NULL: in whatever form. */
bool um_own_refused(const struct um_own *own, const struct um_name *revision,
                    const struct um_name *effective);

/** Whether a bad attempt still says something: not if the revision runs now, in
 * another form than the one that was refused. */
bool um_own_bad_still(const struct um_own *own, const struct um_tried *a);

/** Notes that this node drives a rollout. */
void um_own_drive(struct um_own *own, const struct um_name *revision);

/** Whether it does. */
bool um_own_drives(const struct um_own *own, const struct um_name *revision);

#endif

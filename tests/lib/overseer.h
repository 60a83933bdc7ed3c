/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A warden behind a node: whatever the model wants
 * to run has to be granted on the evidence that the node gathers; and of other
 * revisions of its history, exactly those that the whole history allows,
 * whatever is left out of the evidence.
 */
#ifndef TESTS_LIB_OVERSEER_H
#define TESTS_LIB_OVERSEER_H

#include "mesh/node/evidence.h"

struct overseer;

/* What was looked at, over all overseers. */
struct overseer_counts {
    unsigned long orders;  /* granted, as they had to be */
    unsigned long granted; /* others, that the history allows */
    unsigned long refused; /* others, that it does not */
    unsigned long partial; /* of those, with something left out */
    unsigned long unsure;  /* others, passed over: clocks differ */
};

/* One behind the node `me`; ends the program if it cannot. */
struct overseer *overseer_new(const struct um_name *mesh,
                              const struct um_name *me, uint64_t seed);
/* Frees it; NULL is fine. */
void overseer_free(struct overseer *o);

/* The node has taken an item, or loads it. */
void overseer_item(struct overseer *o, enum um_kind kind,
                   const struct um_name *id, struct um_str envelope);

/* The node starts anew: the warden too, with what it kept. */
void overseer_restart(struct overseer *o);

/* The model gives an order; false, and told on stderr: it was judged wrongly,
 * or something else was. */
bool overseer_order(struct overseer *o, struct um_model *m,
                    const struct um_name *revision, uint64_t wall_ms,
                    struct overseer_counts *counts);

/* Somebody asks for a revision, with all that can be said of it: the answer has
 * to be what the whole history says. If it is yes and `begin`, it begins. False
 * as above. */
bool overseer_try(struct overseer *o, struct um_model *m,
                  const struct um_past *p, uint64_t wall_ms, bool begin,
                  struct overseer_counts *counts);

/* What came of it. */
void overseer_ended(struct overseer *o, const struct um_name *revision,
                    enum um_warden_end end);

#endif

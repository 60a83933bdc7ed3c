/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who got which message when: deliveries got and expected, and how long they
 * took, exact to the millisecond. */
#ifndef TESTS_SIM_TALLY_H
#define TESTS_SIM_TALLY_H

#include "base/types.h"

/* A delivery that comes later than this has not come. */
#define TALLY_WINDOW_MS 15000U
#define TALLY_MISSING   UINT16_MAX

/* When a message was said: sums are apart. */
enum tally_part { TALLY_WHOLE, TALLY_APART, TALLY_PARTS };

/* A message whose deliveries are still counted. */
struct tally_msg {
    p2p_ns at;
    uint32_t from;
    enum tally_part part;
    bool *reach;        /* by host: could get it when it was said */
    uint16_t took_ms[]; /* by host; TALLY_MISSING: it has not got it */
};

struct tally {
    size_t hosts;
    struct tally_msg **msgs; /* by number; NULL: settled */
    uint32_t n_msgs;
    uint32_t room;
    uint64_t expected[TALLY_PARTS];
    uint64_t got[TALLY_PARTS]; /* of these */
    uint64_t extra;            /* got by who could not be expected to */
    uint64_t twice;            /* handed to one host more than once */
    uint64_t late;             /* after the window */
    uint32_t took[TALLY_WINDOW_MS + 1]; /* how many took so many ms */
};

/* Nothing said, nothing got. */
void tally_init(struct tally *t, size_t hosts);

/* Frees all rows. */
void tally_fini(struct tally *t);

/* A message is sent; returns its number. */
uint32_t tally_send(struct tally *t, uint32_t from, enum tally_part part,
                    p2p_ns now);

/* A host got one. */
void tally_get(struct tally *t, uint32_t number, size_t host, p2p_ns now);

/* A host had to get a message that is not settled; whether it did. */
bool tally_expect(struct tally *t, uint32_t number, size_t host);

/* All that had to get it are told; the others that got it are extra. */
void tally_settle(struct tally *t, uint32_t number);

/* So many permille of the expected deliveries took at most so many ms. */
uint32_t tally_quantile(const struct tally *t, unsigned permille);

#endif

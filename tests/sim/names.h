/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A resolver of a simulated host whose answers the test gives, one query after
 * another: the last one that is under way first. */
#ifndef TESTS_SIM_NAMES_H
#define TESTS_SIM_NAMES_H

#include "sim.h"

struct p2p__dns_query {
    void (*addrs)(void *user, int status, const struct p2p__addr *at,
                  size_t count, p2p_ns now);
    void (*texts)(void *user, int status, const uint8_t *msg, size_t len,
                  p2p_ns now); /* NULL: it asks for addresses */
    void *user;
    struct p2p__dns_query *next;
    uint8_t family;
    char name[264];
};

struct names {
    struct p2p__resolver dns;
    struct sim *sim;
    struct p2p__dns_query *asked; /* the last one that is under way */
    unsigned queries;
    unsigned cancelled;
    int err; /* no query begins */
};

/* The resolver of the first host of a world. */
void names_init(struct names *n, struct sim *sim);

/* Answers with machines 10.0.0.FIRST and up. */
void names_answer(struct names *n, int status, int first, size_t count);

/* Answers with a message. */
void names_answer_msg(struct names *n, int status, const void *msg, size_t len);

/* A message with a TXT record for each text, NULL at the end, in strings of at
 * most 255 bytes. Returns its length. */
size_t names_message(const char *const *texts, uint8_t *buf, size_t cap);

/* Answers with such a message. */
void names_answer_texts(struct names *n, const char *const *texts);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A stand-in for Unit in a world of memory: files in a list, listeners that
 * are names, a clock that the test turns. Requests are put in and answers
 * taken out as text.
 */
#ifndef TESTS_LIB_UNIT_RIG_H
#define TESTS_LIB_UNIT_RIG_H

#include "chunker.h"
#include "mesh/standin/standin.h"

enum { RIG_FILES = 64, RIG_NAMES = 64, RIG_CONNS = 64, RIG_ANSWER = 1 << 20 };

struct rig_file {
    struct um_buf name;
    struct um_buf bytes;
    bool there;
};

struct rig {
    struct um_standin *s;
    struct um_standin_cfg cfg;
    struct um_standin_time now;
    struct rig_file file[RIG_FILES];
    /* Listeners that are open, and addresses that somebody else has. */
    char open[RIG_NAMES][64];
    char taken[RIG_NAMES][64];
    unsigned binds;
    unsigned starts; /* of applications */
    unsigned logs;   /* of access logs that were opened, or tried */
    size_t answer_len;
    bool closed;             /* the last answer's connection was closed */
    char answer[RIG_ANSWER]; /* last: most of it is never touched */
};

/* Makes a rig; config may be changed between init and start. */
void rig_init(struct rig *r);
void rig_start(struct rig *r);
void rig_fini(struct rig *r);

/* A file's text, or NULL; sets one. */
const char *rig_load(struct rig *r, const char *name);
void rig_save(struct rig *r, const char *name, const char *text);

/* Marks an address as taken by somebody else. */
void rig_take(struct rig *r, const char *address);
/* Is a listener open? */
bool rig_is_open(const struct rig *r, const char *name);

/* A connection; NULL if it is refused. */
struct um_standin_conn *rig_connect(struct rig *r);
/* Sends bytes as the plan says, at most a read at a time. */
void rig_send(struct rig *r, struct um_standin_conn *c, const char *bytes,
              size_t n, enum chunk_plan plan);
/* Takes the answer of c if there is one: true, and r->answer is it. */
bool rig_take_answer(struct rig *r, const struct um_standin_conn *c);

/* A whole request, at once; the answer, "" if there is none. */
const char *rig_raw(struct rig *r, const char *request);
/* The same from its parts; body may be NULL. */
const char *rig_ask(struct rig *r, const char *method, const char *path,
                    const char *body);
/* Only the status of an answer, 0 if there is none. */
int rig_status(struct rig *r, const char *method, const char *path,
               const char *body);
/* Only the body. */
const char *rig_body(struct rig *r, const char *method, const char *path,
                     const char *body);
/* Turns the clock and lets the stand-in act. */
void rig_wait_ms(struct rig *r, uint64_t ms);

#endif

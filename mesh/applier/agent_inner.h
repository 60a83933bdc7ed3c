/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * An agent as its files know it: agent.c begins and ends it and hears the node,
 * agent_orders.c carries out what the node orders, agent_gets.c asks Unit for
 * what people want to see.
 */
#ifndef UM_APPLIER_AGENT_INNER_H
#define UM_APPLIER_AGENT_INNER_H

#include "mesh/applier/agent.h"
#include "mesh/applier/maker.h"
#include "mesh/applier/runner.h"
#include "mesh/applier/stash.h"
#include "mesh/applier/wire.h"

/** What is carried out, one of each at a time; those in front come first. */
enum um_agent_slot {
    UM_AGENT_LIST,    /**< what ran when the node ended has such bundles */
    UM_AGENT_EXAMINE, /**< whether a configuration can be made */
    UM_AGENT_RUN,     /**< a revision */
    UM_AGENT_TRIAL,   /**< a document that is none yet; or what was before */
    UM_AGENT_SCRATCH, /**< the same for the scratch Unit */
    UM_AGENT_SLOTS
};

/** One of them. */
struct um_agent_job {
    bool busy;
    bool given;      /* Unit has it */
    unsigned rounds; /* in which something was asked for */
    uint64_t number; /* of the OUTCOME */
    struct um_name revision;
    struct um_name doc;
    struct um_name effective; /* as the node says that it comes to */
    char why[64];
    struct um_buf revisions; /* the case of an ORDER, as it came */
    struct um_buf facts;
};

/** A GET that was asked for. */
struct um_agent_asked {
    struct um_agent_asked *next;
    struct um_agent *agent;
    uint64_t number;
    char path[]; /* ends with a zero byte */
};

struct um_agent {
    struct um_agent_cfg cfg;
    struct um_wire_in in;
    struct um_name me;
    struct um_warden *warden;  /* NULL: of no mesh */
    struct um_warden *parked;  /* of the last one; NULL: none */
    struct um_runner *runner;  /* likewise */
    struct um_runner *scratch; /* of the scratch Unit; NULL: there is none */
    unsigned scratch_turn;
    struct um_stash *stash;
    struct um_vault vault;
    struct um_buf unmet; /* statements that wait for others */
    uint64_t node_has;   /* as many statements, when it said START */
    uint64_t to_hear;    /* of them: those that did not come yet */
    struct um_agent_job jobs[UM_AGENT_SLOTS];
    void *owed;                   /* the alarm by which the record is written */
    struct um_agent_asked *asked; /* the first is at Unit, the others wait */
    size_t asked_n;
};

/** As much of a text for people as a message carries: up to a zero byte, which
 * Unit's words may hold. */
struct um_str um_agent_text(struct um_str text);

/** Tells the node. */
void um_agent_say(struct um_agent *a, const struct um_wire_msg *m);

/** Tells it which revisions are in the record. */
void um_agent_say_record(struct um_agent *a);

/** Tells it that an order is not carried out, and nobody's word of Unit. */
void um_agent_no(struct um_agent *a, uint64_t number, struct um_str why);

/** Writes a part of the warden, if it changed. The log says what failed. */
int um_agent_save(struct um_agent *a, enum um_warden_part part);

/** The record is written in a moment, or with what is to be noted before. */
void um_agent_save_soon(struct um_agent *a);

/* ---- agent_orders.c */

void um_agent_order(struct um_agent *a, const struct um_wire_msg *m);
void um_agent_try(struct um_agent *a, const struct um_wire_msg *m);
void um_agent_scratch(struct um_agent *a, const struct um_wire_msg *m);
void um_agent_paper(struct um_agent *a, const struct um_wire_msg *m);
void um_agent_hear(struct um_agent *a, const struct um_wire_msg *m);

/** The bundles of a document were with what ran when the node ended. */
void um_agent_list(struct um_agent *a, const struct um_name *doc);

/** struct um_runner_cb.applied; um_vault.missing. */
void um_agent_applied(void *user, enum um_result outcome,
                      const struct um_name *revision,
                      const struct um_name *effective, struct um_str text);
void um_agent_missing(void *user, const struct um_name *hash);

/** Forgets what is under way; the node is told nothing. */
void um_agent_forget_orders(struct um_agent *a);

/* ---- agent_gets.c */

void um_agent_get(struct um_agent *a, const struct um_wire_msg *m);
void um_agent_forget_gets(struct um_agent *a);

#endif

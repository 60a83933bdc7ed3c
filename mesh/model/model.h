/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a node of a mesh decides: which items it takes, what it runs, what it
 * says, what it drives. No I/O, no clock, no random number: events in, effects
 * out, and the same events give the same effects.
 *
 *     um_model_init(&m, &cfg);
 *     LOADED for each thing that was stored, STARTED, LIVE
 *     err = um_model_step(&m, &event, &fx);     carry fx out
 *     TICK when fx.next_ms has come
 *
 * Events inform, TICK decides. After an error the model is of no use: what was
 * PERSISTED is loaded into a new one, which loses nothing that was said to
 * anybody.
 */
#ifndef UM_MODEL_MODEL_H
#define UM_MODEL_MODEL_H

#include "mesh/model/event.h"
#include "mesh/model/own.h"
#include "mesh/model/others.h"
#include "mesh/model/signer.h"
#include "mesh/model/view.h"
#include "mesh/model/unmet.h"

/** What is done when what runs is not what should (rule 9). */
enum um_drift_policy { UM_REPORT, UM_HEAL, UM_ADOPT };

/** Room for Unit's words with their end; longer ones are cut off. */
#define UM_REFUSAL_BYTES 256

/** As much of why what runs does not do well. */
#define UM_ILL_BYTES 256

/** Configurations of this node that are remembered by revision. */
#define UM_MADE_KEPT 16

/** Pairs of a re-base that are remembered: all conflicts of one author that
 * are listed, twice. */
#define UM_PAIRS_KEPT (2 * UM__CAP_VIEW_CONFLICTS)

/** How a node is set; spans in milliseconds. */
struct um_model_cfg {
    struct um_name mesh;
    struct um_name me;       /**< the key that the signer signs with */
    struct um_signer signer; /**< borrows */
    struct um_str name;      /**< what the node calls itself; borrows */
    struct um_str version;   /**< of its daemon; borrows; may be empty */
    uint64_t salt[8];        /**< random, the same in each run of a node */
    enum um_drift_policy drift;
    uint64_t heartbeat_ms; /**< how often a row goes out */
    uint64_t row_lag_ms;   /**< how long news of this node wait for more, once
                                more for each eight members: a change is to
                                come to all before all say that they have it */
    uint64_t fresh_ms;     /**< a member is live so long after a row */
    uint64_t proven_ms;    /**< health counts no more from one step to the next:
                                who slept proved nothing; 0: all of it */
    uint64_t near_ms;      /**< clocks so far apart are near */
    uint64_t retry_min_ms; /**< after no answer; doubles */
    uint64_t retry_max_ms;
    uint64_t rebase_min_ms;    /**< how long a conflict is seen before it is */
    uint64_t rebase_jitter_ms; /**< re-based, and how much longer at most */
    uint64_t soak_ms;          /**< of a re-base, and its deadline */
    uint64_t deadline_ms;
};

/** The settings of a node that was told nothing else. */
void um_model_defaults(struct um_model_cfg *cfg);

/** A revision as a configuration of this node. */
struct um_made {
    bool known; /**< else it was asked for */
    uint64_t asked_ms;
    struct um_name revision;
    struct um_name effective; /**< none: no configuration can be made */
};

/** A conflict of this node's author, and the target it lost against. */
struct um_pair {
    struct um_name target;
    struct um_name head;
    uint64_t due_ms;
    bool asked; /* for the merge; what conflicts is not asked for again */
};

/** How much is kept of what was changed by hand, with the zero at the end. */
#define UM_BY_HAND_BYTES 256

/** What Unit runs, as far as is known. */
struct um_live {
    bool known;
    bool blank;
    bool shrinks;
    bool kept; /**< KEEP was said of it */
    bool told; /**< people know of it */
    struct um_name effective;
    struct um_name doc;
    uint32_t doc_bytes;
    char by_hand[UM_BY_HAND_BYTES]; /**< what was changed; "": not known */
};

/** A node. All members are private; see the functions below. */
struct um_model {
    struct um_model_cfg cfg;
    struct um_roster roster;
    struct um_history history;
    struct um_view view;
    struct um_unmet waiting;
    struct um_others rows;
    struct um_own own;
    struct um_effects *fx; /* of the step that runs */
    bool started;
    bool broken;
    bool dirty;     /* the view is to be looked at anew */
    bool own_dirty; /* own is to be stored */
    bool again;     /* something is to be decided at once */
    int err;        /* of the step that runs */
    uint64_t wall_ms;
    uint64_t mono_ms;
    uint64_t wake_ms;   /* when to decide at the latest */
    uint64_t seq;       /* of the last PERSIST */
    uint64_t persisted; /* up to here all is on disk */
    /* What is known of Unit. */
    struct um_live live;
    bool absent; /* it was not there when it was asked last */
    struct um_made made[UM_MADE_KEPT]; /* the newest first */
    size_t made_n;
    bool in_flight; /* Unit is being asked */
    unsigned tries; /* without an answer */
    uint64_t retry_ms;
    uint64_t healthy_ms; /* for how long what runs does well */
    bool healthy;
    bool untold;            /* it is not known yet */
    char ill[UM_ILL_BYTES]; /* why it is not; "": for no reason known */
    uint64_t looked_ms;     /* when that was counted last */
    char unit[UM__CAP_ROW_UNIT_BYTES];
    size_t unit_n;
    const char *reason;     /* why not in step; a constant, or what follows */
    struct um_name refused; /* what was refused last, and why in words */
    bool unmade;            /* no configuration came of that: no Unit saw it */
    char refusal[UM_REFUSAL_BYTES];
    struct um_name silent; /* what there was no answer to last, and why */
    char silence[UM_REFUSAL_BYTES];
    enum um_drift drift;
    /* What was said last, so that it is said once. */
    struct um_name told_target;
    size_t told_heads;
    struct um_name told_held;
    struct um_name told_unconfirmed;
    struct um_name told_fallback;
    size_t told_left_out;
    uint64_t row_due_ms;
    uint64_t row_news_ms; /* when what changed is said; UINT64_MAX: nothing */
    struct um_row said;   /* without texts and lists */
    struct um_name said_bad[UM__CAP_ROW_BAD];
    size_t said_bad_n;
    uint64_t row_seq;
    struct um_pair pairs[UM_PAIRS_KEPT]; /* the newest first */
    size_t pairs_n;
};

/** Begins a node that knows nothing. @param cfg copied */
void um_model_init(struct um_model *m, const struct um_model_cfg *cfg);

/** Frees it. */
void um_model_fini(struct um_model *m);

/**
 * Tells the model what happened.
 * @param fx set to what is to be done; cleared first
 * @return 0; P2P_ENOMEM, P2P_EFORMAT (what was loaded is not what was stored),
 *         P2P_EINVAL (an event that is none, or after an error): the model is
 *         of no use any more
 */
int um_model_step(struct um_model *m, const struct um_event *e,
                  struct um_effects *fx);

/** The view as of the last TICK or command. Valid until the next step. */
static inline const struct um_view *um_model_view(const struct um_model *m)
{
    return &m->view;
}

/** Whether the document of a revision may be dropped here (rule 11). */
bool um_model_prunable(struct um_model *m, const struct um_past *p);

#endif

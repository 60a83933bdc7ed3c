/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What can happen to a node, as um_model_step() is told of it. All but TICK
 * inform; TICK decides: so many can come in a row, and are looked at once.
 */
#ifndef UM_MODEL_EVENT_H
#define UM_MODEL_EVENT_H

#include "mesh/base/result.h"
#include "mesh/model/effects.h"

enum um_event_what {
    UM_EV_LOADED,    /**< what this node stored, in the order of storing */
    UM_EV_STARTED,   /**< all was loaded */
    UM_EV_ITEMS,     /**< somebody sent items */
    UM_EV_COMMAND,   /**< a person wants something: REPLY */
    UM_EV_PERSISTED, /**< what was to be stored up to a number is on disk */
    UM_EV_MADE,      /**< a revision's configuration for this node */
    UM_EV_APPLIED,   /**< what Unit said */
    UM_EV_HEALTH,    /**< how what runs does */
    UM_EV_LIVE,      /**< what Unit runs */
    UM_EV_ABSENT,    /**< Unit is not there, or silent; until LIVE */
    UM_EV_MERGED,    /**< what came of MERGE */
    UM_EV_RAN,       /**< what Unit took last, as who gave it has noted */
    UM_EV_TICK       /**< the moment that was asked for, or another */
};

/** An item whose signature was verified. */
struct um_arrival {
    enum um_kind kind;
    struct um_str envelope; /**< borrows */
};

/** What a person wants. */
enum um_verb {
    UM_DO_PUBLISH,  /**< a document */
    UM_DO_ROLLBACK, /**< the document of `about` once more */
    UM_DO_TAKE,     /**< end the conflict `about`: its document */
    UM_DO_DROP,     /**< the same, with the target's */
    UM_DO_EDIT,     /**< the same, with a document */
    UM_DO_CONFIRM,
    UM_DO_ABORT,
    UM_DO_OPEN,   /**< to the members `nodes` */
    UM_DO_RESUME, /**< drive a rollout from here on */
    UM_DO_ADOPT,  /**< make a revision of what was changed by hand here */
    UM_DO_HEAL,   /**< give Unit what it ran before that */
    UM_DO_TRY     /**< Unit is about to be given what is no revision yet: a
                       node that ends meanwhile must not take it for a change
                       by hand */
};

/** Guards that are overridden. */
enum um_flag {
    UM_SUPERSEDE = 1,
    UM_DESPITE = 2,
    UM_EVEN_ALONE = 4,
    UM_FORCE = 8,
    UM_EVEN_SKEWED = 16,
    UM_EVEN_CROWDED = 32
};

/** Who is in the first batch of a new revision. */
enum um_first {
    UM_FIRST_ONE,  /**< one that is ready */
    UM_FIRST_ALL,  /**< all that are ready */
    UM_FIRST_NAMED /**< `nodes` */
};

/** A person's word. What it points to is borrowed. */
struct um_command {
    uint64_t request; /**< of the REPLY */
    enum um_verb verb;
    bool dry;             /**< only its guards are asked: OK means that it would
                               be done */
    unsigned flags;       /**< um_flag */
    struct um_name base;  /**< the target that was seen; none: whichever */
    struct um_name about; /**< a revision, see verb */
    struct um_name doc;   /**< PUBLISH, EDIT: the hash of a document that is
                               on disk; TRY: that of a configuration */
    uint32_t doc_bytes;   /**< its length */
    bool shrinks;         /**< it is empty, or half of the target's or less */
    enum um_rev_policy policy; /**< and what goes with it: struct um_revision */
    uint64_t deadline_ms;      /**< 0: the default of the policy */
    uint64_t soak_ms;
    uint32_t budget;
    enum um_first first;
    struct um_namelist nodes; /**< ascending */
    struct um_str message;
    bool tried; /**< Unit took the last TRY, which is what the revision comes to
                     here: it runs as soon as it is one */
};

/** An event. What it points to is borrowed until the step returns. */
struct um_event {
    enum um_event_what what;
    uint64_t wall_ms; /**< since 1970, by a clock that people set */
    uint64_t mono_ms; /**< by a clock that only goes on */
    union {
        struct um_record loaded;
        struct {
            struct um_name from; /**< the peer; none: nobody in particular */
            const struct um_arrival *list;
            size_t n;
        } items;
        struct um_command command;
        uint64_t persisted;
        struct {
            enum um_result outcome;
            struct um_name revision;
            struct um_name effective; /**< DONE: the configuration's hash */
            struct um_str text;       /**< REFUSED: why, for people */
        } made;
        struct {
            enum um_result outcome;
            struct um_name revision;
            struct um_name effective;
            struct um_str text; /**< REFUSED: Unit's words, for people */
        } applied;
        struct {
            struct um_name revision;
            bool healthy;
            bool untold;       /**< nobody can say yet: not healthy, and not
                                    bad either */
            struct um_str why; /**< not healthy: for people */
        } health;
        struct um_name ran;
        struct {
            struct um_name effective; /**< the hash of what runs */
            bool blank;            /**< what a Unit has when it starts anew */
            bool other_unit;       /**< its version or modules changed */
            struct um_name doc;    /**< what would adopt it; none: nothing */
            uint32_t doc_bytes;    /**< its length */
            bool shrinks;          /**< it is half of what was, or less */
            struct um_str by_hand; /**< what was changed by hand, for people;
                                        "": it is not known */
            struct um_str version; /**< Unit's */
        } live;
        struct {
            enum um_result outcome; /**< REFUSED: they conflict, or nothing
                                          is new */
            struct um_name target;
            struct um_name head;
            struct um_name doc; /**< DONE: on disk */
            uint32_t doc_bytes;
        } merged;
    } u;
};

#endif

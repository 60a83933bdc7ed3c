/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a step of the model wants done. An effect is carried out when all that
 * it comes `after` is on disk, so nobody hears of what a crash could undo.
 *
 *     um_model_step(&m, &event, &fx);
 *     for (i = 0; i < fx.n; i++) ... fx.list[i] ...
 *     TICK at fx.next_ms, or earlier
 */
#ifndef UM_MODEL_EFFECTS_H
#define UM_MODEL_EFFECTS_H

#include "mesh/base/arena.h"
#include "mesh/trust/roster.h"

/** Kinds of things that are on disk. */
enum um_record_what {
    UM_RECORD_ITEM,    /**< a revision, fact or statement */
    UM_RECORD_OVERDUE, /**< that a revision's deadline was judged passed */
    UM_RECORD_OWN      /**< what this node knows of itself: um_own_read() */
};

/** A thing to be stored, and later loaded, in the order of storing. */
struct um_record {
    enum um_record_what what;
    enum um_kind kind;   /**< ITEM */
    struct um_name id;   /**< ITEM, OVERDUE: of the revision */
    struct um_str bytes; /**< ITEM: the envelope; OWN, replaces the last one */
    uint64_t seen_ms;    /**< ITEM: when it was first here */
};

/** What came of a command. */
enum um_reply {
    UM_OK,
    UM_NOT_WRITER,     /**< this node's key may not */
    UM_UNKNOWN,        /**< there is no such revision here */
    UM_MOVED,          /**< 412: the target is another by now */
    UM_IN_ROLLOUT,     /**< 409: an open revision would be superseded;
                            --supersede */
    UM_CROWDED,        /**< 409: eight conflicts of yours are open; --crowded */
    UM_ALONE,          /**< 409: fewer than half of the members; --alone */
    UM_SKEWED,         /**< 409: the own clock is far off; --skewed */
    UM_SHRINKS,        /**< 409: it empties or halves; --force */
    UM_NAMED_BAD,      /**< 409: a row names it as bad; --despite */
    UM_NOT_TARGET,     /**< 409: it is not the target */
    UM_IS_DEAD,        /**< 409: it has ended */
    UM_IS_ESTABLISHED, /**< 409: it holds, nothing ends it */
    UM_NO_CONFLICT,    /**< 409: it is not listed as one */
    UM_NOT_BY_HAND,    /**< 409: nothing was changed by hand */
    UM_TOO_LONG,       /**< a deadline beyond what the mesh allows */
    UM_NOT_IMMEDIATE,  /**< 409: a root wants a trial, or stages */
    UM_OWN_EYES,       /**< 409: somebody else has to confirm it */
    UM_UNFIT,          /**< no item can be made of it */
    UM_UNSTORED,       /**< 507: the disk does not take it; not the model's */
    UM_NO_DOCUMENT     /**< 409: its document is not here; not the model's */
};

/** What people may want to know. */
enum um_notice {
    UM_SAW_TARGET,      /**< another target */
    UM_SAW_CONFLICTS,   /**< there are more, or fewer */
    UM_SAW_EXPIRED,     /**< a revision's deadline passed */
    UM_SAW_APPLIED,     /**< it runs here */
    UM_SAW_REFUSED,     /**< this node's Unit does not take it */
    UM_SAW_UNHEALTHY,   /**< it runs here, and does not do well */
    UM_SAW_FALLBACK,    /**< an older one is to run instead of it */
    UM_SAW_NO_FALLBACK, /**< what runs has ended, and nothing else is there */
    UM_SAW_DRIFT,       /**< what runs is not what should */
    UM_SAW_ADOPTED,     /**< a change by hand became this revision */
    UM_SAW_NOT_ADOPTED, /**< a guard kept it from that */
    UM_SAW_OPENED,      /**< it goes to more members */
    UM_SAW_HELD,        /**< its rollout waits for silent members */
    UM_SAW_UNCONFIRMED, /**< it does well, and another has to confirm it */
    UM_SAW_CONFIRMED,   /**< it holds from now on */
    UM_SAW_ABORTED,     /**< it is over */
    UM_SAW_REBASED,     /**< a conflict was merged into it */
    UM_SAW_FORGERY,     /**< an item that can never be taken */
    UM_SAW_TWIN,        /**< another node has this key, or this one an old disk
                         */
    UM_SAW_OVERFLOW     /**< items were left out: too many wait for others */
};

/** How many there are. */
#define UM_NOTICES (UM_SAW_OVERFLOW + 1U)

enum um_effect_what {
    UM_FX_PERSIST, /**< store it; then PERSISTED(seq) */
    UM_FX_PUBLISH, /**< hint that this node made an item */
    UM_FX_WANT,    /**< get what an item waits for */
    UM_FX_MAKE,    /**< get a document, make this node's configuration: MADE */
    UM_FX_APPLY,   /**< give Unit the configuration: APPLIED */
    UM_FX_MERGE,   /**< merge documents, um_rebase_merge(): MERGED */
    UM_FX_KEEP,    /**< keep a copy of what runs: it is about to go */
    UM_FX_ROW,     /**< this node's row */
    UM_FX_REPLY,   /**< answer a command */
    UM_FX_NOTICE   /**< tell people */
};

/** An effect; bytes are valid until the next step. */
struct um_effect {
    enum um_effect_what what;
    uint64_t after; /**< wait until this was PERSISTED */
    uint64_t seq;   /**< PERSIST: its own number */
    union {
        struct um_record persist;
        struct {
            enum um_kind kind;
            struct um_name id;
            struct um_str envelope;
        } publish;
        struct {
            struct um_need need;
            struct um_name from; /**< who sent what waits for it */
        } want;
        struct {
            struct um_name revision;
            struct um_name doc;
            uint32_t doc_bytes;
        } make;
        struct {
            struct um_name revision;
            struct um_name effective;
        } apply;
        struct {
            struct um_name target;
            struct um_name head;
            struct um_name docs[3]; /**< base, target's, head's */
        } merge;
        struct {
            struct um_name live;
            struct um_name revision; /**< what it was a change of */
        } keep;
        struct {
            uint64_t seq;
            struct um_str envelope;
        } row;
        struct {
            uint64_t request;
            enum um_reply answer;
            struct um_name revision; /**< that was made, or is in the way */
        } reply;
        struct {
            enum um_notice what;
            struct um_name revision; /**< none: see `what` */
        } notice;
    } u;
};

/** The effects of a step; all zero are none. */
struct um_effects {
    struct um_effect *list;
    size_t n;
    uint64_t next_ms; /**< by the steady clock: when to TICK at the latest */
    size_t cap;       /**< private, from here on */
    bool failed;
    struct um_arena bytes;
};

/** Frees them. */
void um_effects_fini(struct um_effects *fx);

/** Forgets all; the memory of the list is kept. */
void um_effects_clear(struct um_effects *fx);

/** Adds an effect as it is. If memory is out, fx->failed is set. */
void um_effects_add(struct um_effects *fx, const struct um_effect *e);

/** A copy of bytes that lives as long as the effects do. */
struct um_str um_effects_keep(struct um_effects *fx, struct um_str bytes);

#endif

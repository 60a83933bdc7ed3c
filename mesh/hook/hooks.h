/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Webhooks: who is told of what happens here, what each was told, and when the
 * next try is. A core: what happened, what a receiver answered and the time
 * come in as arguments; what is to be sent is pulled.
 *
 *     um_hooks_happened(h, …);               something happened
 *     while (um_hooks_next(h, now, &send))   send it
 *     um_hooks_done(h, &result);             it was answered, or was not
 *     um_hooks_due(h)                        when to look again
 *     if (h->dirty) um_hooks_write(h, &b);   to be on the disk
 *
 * Each hook has its events in their order, one at a time: the next one goes
 * when the one before was taken, or given up. An event is taken with an answer
 * of 2xx. An answer of 410 turns the hook off.
 */
#ifndef UM_HOOK_HOOKS_H
#define UM_HOOK_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "mesh/base/buf.h"
#include "mesh/base/str.h"

/** The most hooks of a node; one more is refused. */
#define UM__CAP_HOOKS 16U

/** The longest name of a hook, its URL, and the words that it is about. */
#define UM__CAP_HOOK_NAME_BYTES   63U
#define UM__CAP_HOOK_URL_BYTES    1024U
#define UM__CAP_HOOK_EVENTS_BYTES 512U

/** The most events that wait for all hooks of a node, and their bytes; the
 * oldest goes then. */
#define UM__CAP_HOOKS_QUEUED       1024U
#define UM__CAP_HOOKS_QUEUED_BYTES 524288U

/** The longest event that a hook is told of. */
#define UM__CAP_HOOK_EVENT_BYTES 32768U

/** Room for a secret: whsec_, 64 hex digits; for the word of an event; for why
 * a try failed. */
#define UM_HOOK_SECRET_BYTES 72U
#define UM_HOOK_WORD_BYTES   32U
#define UM_HOOK_ERROR_BYTES  160U

/** Who is told. Texts end with a zero byte. */
struct um_hook {
    char name[UM__CAP_HOOK_NAME_BYTES + 1];
    char url[UM__CAP_HOOK_URL_BYTES + 1];
    char secret[UM_HOOK_SECRET_BYTES];          /**< what it is signed with */
    char events[UM__CAP_HOOK_EVENTS_BYTES + 1]; /**< words, with a comma
                                                     between; "": all */
    uint64_t made_ms;
    bool link_local; /**< addresses of the link are fine */
    bool off;        /**< it is told nothing, until a person turns it on */
    uint64_t next;   /**< the number of the first event that it was not told */
    uint32_t tries;  /**< since one was taken or given up */
    uint64_t since_ms;  /**< when the first of these was, by the plain clock */
    uint64_t delivered; /**< events that were taken */
    uint64_t failed;    /**< that were given up */
    uint64_t dropped;   /**< that had no room to wait */
    uint32_t status;    /**< of the last answer; 0: there was none */
    uint64_t last_ms;   /**< when that was, by the plain clock; 0: never */
    char error[UM_HOOK_ERROR_BYTES]; /**< why the last try failed */
    /* Not on the disk. */
    uint32_t id;     /* it is known by it while it is sent to */
    uint64_t due_ms; /* of the next try, by the steady clock */
    uint64_t flying; /* the number that is being sent; 0: none */
    bool full;       /* it was told that events were dropped */
    bool untold;     /* that is to be told */
};

/** Something that happened. */
struct um_hook_event {
    uint64_t number;
    uint64_t wall_ms;
    char word[UM_HOOK_WORD_BYTES];
    size_t len;
    char body[]; /**< JSON */
};

/** Spans. */
struct um_hooks_cfg {
    uint64_t retry_min_ms; /**< after the first failure; doubles */
    uint64_t retry_max_ms;
    uint64_t give_up_ms; /**< since the first try */
};

/** The hooks of a node. What is not in a function below is for reading. */
struct um_hooks {
    struct um_hooks_cfg cfg;
    struct um_hook *list[UM__CAP_HOOKS];
    size_t n;
    struct um_hook_event *queue[UM__CAP_HOOKS_QUEUED]; /* a ring */
    size_t first;
    size_t queued;
    size_t bytes;
    uint64_t last; /**< the number of the last event; 0: none is known */
    uint32_t ids;
    bool dirty; /**< it is not as it was when it was written last; the owner
                     clears it */
};

/** The spans of people's nodes, divided by `speed` (0: as they are). */
void um_hooks_init(struct um_hooks *h, unsigned speed);

/** Frees it. */
void um_hooks_fini(struct um_hooks *h);

/**
 * Adds one.
 * @param plan name, url, secret, events, made_ms and link_local of it; copied
 * @return 0, P2P_EEXIST (the name is taken), P2P_ELIMIT, P2P_ENOMEM
 */
int um_hooks_add(struct um_hooks *h, const struct um_hook *plan);

/** The one of a name; NULL: there is none. Valid until it is removed. */
struct um_hook *um_hooks_find(const struct um_hooks *h, const char *name);

/** Removes one; what waits for it alone is forgotten. */
void um_hooks_remove(struct um_hooks *h, struct um_hook *hook);

/** Takes out what nobody waits for, also behind what one that is dead keeps;
 * for saved.c. */
void um_hooks_settle(struct um_hooks *h);

/** Turns one on again: it is told what happens from now on. */
void um_hooks_turn_on(struct um_hooks *h, struct um_hook *hook);

/** Whether an event of this word is for a hook; none that begins with "webhook"
 * is: it would tell of itself without end. */
bool um_hook_wants(const struct um_hook *hook, const char *word);

/** Something happened. @param body JSON; copied */
void um_hooks_happened(struct um_hooks *h, uint64_t number, uint64_t wall_ms,
                       const char *word, struct um_str body);

/** How many events wait for a hook, with the one that is being sent. */
size_t um_hooks_queued(const struct um_hooks *h, const struct um_hook *hook);

/** What is to be sent; both valid until the next call on h. */
struct um_hooks_send {
    const struct um_hook *hook;
    const struct um_hook_event *event;
};

/** Takes what is to be sent now; false: nothing. */
bool um_hooks_next(struct um_hooks *h, uint64_t now_ms,
                   struct um_hooks_send *out);

/** What came of it. */
struct um_hooks_result {
    uint32_t id;       /**< of the hook */
    uint32_t status;   /**< of HTTP; 0: there was no answer */
    const char *error; /**< why not, if status is 0 */
    uint64_t now_ms;
    uint64_t wall_ms;
    uint64_t random;
};

/** It was answered, or nobody knows. Of a hook that was removed: nothing. */
void um_hooks_done(struct um_hooks *h, const struct um_hooks_result *r);

/** When something is to be sent again; UINT64_MAX: not by itself. */
uint64_t um_hooks_due(const struct um_hooks *h);

/** A hook of which events were dropped since one was taken last, once; NULL:
 * there is none. */
const struct um_hook *um_hooks_untold(struct um_hooks *h);

/** Appends all of it, to be read again. */
void um_hooks_write(const struct um_hooks *h, struct um_buf *out);

/**
 * Reads what was written into an empty one. What was being sent is sent again;
 * an event that no hook waits for is left out.
 * @return 0, P2P_EFORMAT, P2P_ENOTSUP (by a later version), P2P_ENOMEM
 */
int um_hooks_read(struct um_hooks *h, struct um_str bytes);

#endif

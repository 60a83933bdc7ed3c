/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The webhooks of this node: what happens here is sent to them, in order,
 * signed, again and again until it is taken. They are this node's alone: no
 * other member hears of them. What waits is in the file `webhooks` of the state
 * folder.
 */
#ifndef UM_APP_WEBHOOKS_H
#define UM_APP_WEBHOOKS_H

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/base/worker.h"
#include "mesh/fetch/fetch.h"
#include "mesh/hook/hooks.h"

/** How long a receiver has for its answer, in ms. */
#define UM_WEBHOOKS_TIMEOUT_MS 10000

struct um_webhooks;

/** What they stand on; all borrowed until um_webhooks_free(). */
struct um_webhooks_cfg {
    int dir; /**< the state folder */
    struct um_fetch *fetch;
    const struct um_alarms *alarms;
    const struct um_worker *worker;
    const struct um_log *log;
    uint64_t (*wall_ms)(void);
    unsigned speed; /**< spans are divided by it; 0: as they are */
    /** This node's peer id, which is sent along; `out` has room for it. */
    const char *(*node)(void *user, char *out);
    /** Something about a webhook that people want to know. */
    void (*told)(void *user, const char *word, const char *about,
                 const char *text);
    void *user;
};

/** Reads what was kept, and goes on with it. Owned; NULL: no memory. What
 * cannot be read stays as it is: the log says so, and there are no webhooks. */
struct um_webhooks *um_webhooks_new(const struct um_webhooks_cfg *cfg);

/** Ends it: what is being sent will be sent again. NULL is fine. */
void um_webhooks_free(struct um_webhooks *w);

/** The hooks; NULL: the file cannot be read. After a change: _changed(). */
struct um_hooks *um_webhooks_all(struct um_webhooks *w);

/** Something is another: writes it, and sends what is to be sent. */
void um_webhooks_changed(struct um_webhooks *w);

/** The number of the last event that a hook may have been told; 0: none. */
uint64_t um_webhooks_last(const struct um_webhooks *w);

/** Something happened; see um_hooks_happened(). */
void um_webhooks_happened(struct um_webhooks *w, uint64_t number,
                          uint64_t wall_ms, const char *word,
                          struct um_str body);

/** What came of a test: the status, or 0 and why not. */
typedef void um_webhooks_tested(void *user, unsigned status, const char *why,
                                uint64_t took_ms);

/** Sends one event `test` to a hook, beside its queue; told once, not before it
 * returned, unless it ends. @return 0, or P2P_ENOMEM: it is not told */
int um_webhooks_test(struct um_webhooks *w, const struct um_hook *hook,
                     um_webhooks_tested *done, void *user);

#endif

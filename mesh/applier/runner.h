/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What this node's Unit runs: it is looked at every few seconds, given what it
 * shall run (certificates and scripts first, then the configuration, then the
 * old ones go), and its health is told. Unit shows a configuration in another
 * form than it was given; what it showed after it took one is remembered, and
 * what it shows later is compared with that, byte for byte.
 */
#ifndef UM_APPLIER_RUNNER_H
#define UM_APPLIER_RUNNER_H

#include "mesh/applier/applier.h"
#include "mesh/doc/bundles.h"
#include "mesh/doc/mask.h"
#include "mesh/base/result.h"
#include "mesh/trust/name.h"
#include "mesh/trust/policy.h"
#include "mesh/unit/client.h"

/** How often Unit is looked at, in ms. */
#define UM_RUNNER_LOOK_MS 2000U

/** Looks in a row that find an application without a process, or no Unit, until
 * that is told as bad health: an application may be starting once more. */
#define UM_RUNNER_ILL_LOOKS 3U

/** Tries of a configuration at which Unit answers 500, 3.5 s in all: a port may
 * still be in use by connections of the configuration before. Then it counts
 * as refused. */
#define UM_RUNNER_TRIES 4U

/** What Unit runs, as it was seen. Valid during the call. */
struct um_runner_live {
    struct um_name effective; /**< what um_runner_apply() called it, if Unit
                                   still shows what it did then; else SHA-256
                                   of what it shows, without the white space */
    bool ours;                /**< the former */
    bool blank;               /**< what a Unit has when it starts anew */
    bool other_unit;          /**< its version or modules are not what they
                                   were when it was seen last */
    struct um_str version;    /**< of Unit; "" if not known */
    struct um_str config;     /**< GET /config */
};

/** What a runner tells; all but `status` are required. */
struct um_runner_cb {
    /** Unit was seen: at first, when it is there again, when it runs something
     * else than before, is another Unit, or um_runner_look() asked. */
    void (*live)(void *user, const struct um_runner_live *live);
    /** Unit cannot be reached: told once, until it can. */
    void (*absent)(void *user, const char *text);
    /** What became of um_runner_apply(), never before that returned. DONE: 200,
     * and Unit shows it. REFUSED: 400, 404, 405, or 500 UM_RUNNER_TRIES times,
     * or the policy's no; text are Unit's words. NO_ANSWER: nobody can say, or
     * Unit was changed since it was seen, which is told next. */
    void (*applied)(void *user, enum um_result outcome,
                    const struct um_name *revision,
                    const struct um_name *effective, struct um_str text);
    /** What Unit shows for what it took: to be stored, for the next start. */
    void (*shown)(void *user, const struct um_name *effective,
                  struct um_str config);
    /** Whether what runs does well; told when it is known, and when it changes.
     * What was just applied does, until it is told. */
    void (*health)(void *user, bool healthy);
    /** What GET /status said at a look, for who shows it; not if Unit has none.
     * May be NULL: the only one that may. */
    void (*status)(void *user, struct um_str body);
};

/** A certificate or a script under the name that says what is in it. */
struct um_runner_bundle {
    enum um_bundle_kind kind;
    struct um_str called; /**< on Unit: um_bundles_name() */
    struct um_str bytes;
    struct um_str was; /**< what earlier versions called it there, to be swept;
                            or empty */
};

/** What shall run; borrowed for the call. */
struct um_runner_config {
    struct um_name revision;
    struct um_name effective;
    struct um_str config; /**< compact JSON for PUT /config */
    const struct um_runner_bundle *bundles;
    size_t bundles_n;
    const char *why;     /**< for the log: "r42.9f3c" */
    struct um_mask mask; /**< secrets in it, which nothing is told with */
};

/** What a runner is made of; borrows all until it is freed. */
struct um_runner_cfg {
    struct um_unit *unit;
    struct um_applier *applier;
    const struct um_policy *policy; /**< NULL: it was asked before */
    const struct um_alarms *alarms;
    const struct um_log *log;
    struct um_name effective; /**< what ran when the node ended; none: nothing,
                                   and what Unit showed for it */
    struct um_str shown;      /**< copied */
    bool alone; /**< nobody else changes this Unit: what it shows before is of
                     no matter */
    const char *unit_log; /**< Unit's log, whose last lines go with a 500;
                               NULL: not known */
    const struct um_runner_cb *cb;
    void *user;
};

struct um_runner;

/** What names a configuration: the hash of its compact form. */
struct um_name um_runner_hash(struct um_str text);

/** A runner; it looks at Unit at once. Owned; NULL: no memory. */
struct um_runner *um_runner_new(const struct um_runner_cfg *cfg);

/** Ends it; what is under way is told no more. Before its unit and applier. */
void um_runner_free(struct um_runner *r);

/** Gives Unit a configuration; `applied` is told once. The node's policy is
 * asked first, and its no is a REFUSED with the pointer. One at a time: the
 * caller waits for `applied`. */
void um_runner_apply(struct um_runner *r, const struct um_runner_config *c);

/** What became of a trial; valid during the call. */
typedef void um_runner_tried(void *user, enum um_result outcome,
                             struct um_str text);

/**
 * Gives Unit a configuration before there is a revision of it, so that one that
 * this Unit refuses never becomes one. As um_runner_apply(), but `tried` is
 * told instead of `applied`, and if there is no revision of it as soon as Unit
 * has answered the PUT: what it shows for it is learnt after that. If something
 * is to be applied before it began, there is no answer.
 * @return 0; P2P_EAGAIN: another trial is under way, and nobody is told
 */
int um_runner_try(struct um_runner *r, const struct um_runner_config *c,
                  um_runner_tried *tried, void *user);

/** What a node's policy says of a configuration. @param words why not, for
 * people; appended @return DONE, REFUSED; NO_ANSWER: no memory */
enum um_result um_runner_judge(const struct um_policy *policy,
                               struct um_str config, struct um_buf *words);

/** Looks at Unit now, and tells `live` whatever it shows. */
void um_runner_look(struct um_runner *r);

/** What the configuration has beside it that ran when the node ended, so that
 * what the next one has no more can go. Before the loop goes on. */
void um_runner_listed(struct um_runner *r,
                      const struct um_runner_bundle *bundles, size_t count);

/** What Unit was seen to run became the node's own without being given to it:
 * a change by hand that was adopted. From now on that is what it shows, if it
 * is what was seen last. */
void um_runner_adopted(struct um_runner *r, const struct um_name *effective);

/** Whether Unit was seen to run that when it was seen last, or has just taken
 * it on trial: effective and config of `c` are looked at. */
bool um_runner_runs(const struct um_runner *r,
                    const struct um_runner_config *c);

/** GET /status/modules as Unit answered last; NULL: not known. */
const char *um_runner_modules(const struct um_runner *r);

/** What Unit showed when it was seen last; p NULL: not seen yet. Valid until
 * the loop goes on. */
struct um_str um_runner_config(const struct um_runner *r);

#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The daemon's applier, another process: started, spoken with, ended. */
#ifndef UM_APP_PARTNER_H
#define UM_APP_PARTNER_H

#include <uv.h>

#include "mesh/app/keys.h"
#include "mesh/app/role.h"
#include "mesh/app/settings.h"
#include "mesh/app/spawn.h"
#include "mesh/base/log.h"
#include "mesh/node/hands.h"

/** What the process is told. Texts are borrowed. */
struct um_partner_told {
    const struct um_settings *settings;
    const char *unit; /**< its target; "": there is none; or UM_ROLE_EMBEDDED */
    const char *name; /**< what the node calls itself */
    bool apart;       /**< we will have another user than that process */
};

/** The words of such a process. */
struct um_partner_words {
    char level[4];
    char format[4];
    char *argv[UM_ROLE_ARGS + 2]; /**< the program, UM_ROLE_WORD, the role's */
};

/** Writes them; they are valid as long as `told` and what it borrows is. */
void um_partner_words(const struct um_partner_told *told,
                      struct um_partner_words *out);

/** Starts the process. 0, or -1: the log says why. Before the first thread, and
 * while we still may all. */
int um_partner_start(struct um_spawn *s, const struct um_partner_told *told,
                     const struct um_log *log);

/** What we speak with it by; borrows all until it is freed. */
struct um_partner_cfg {
    uv_loop_t *loop;
    const struct um_alarms *alarms;
    struct um_spawn *spawn; /**< started */
    const struct um_log *log;
    /** The applier said something, and the hands have heard it. */
    void (*heard)(void *user);
    /** It ended, or does not speak our language: the daemon ends. */
    void (*gone)(void *user);
    void *user;
};

struct um_partner;

/** Our end. Owned; NULL: the log says why. */
struct um_partner *um_partner_new(const struct um_partner_cfg *cfg);

/** Frees it, hands and keys with it; the process is ended by um_spawn_end().
 * Before the loop runs a last time. */
void um_partner_free(struct um_partner *p);

/** The hands of the node, as long as the partner is there. */
struct um_hands *um_partner_hands(struct um_partner *p);

/** The keys that it holds for us, as long as the partner is there. */
struct um_keys *um_partner_keys(struct um_partner *p);

#endif

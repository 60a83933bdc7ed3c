/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The daemon's end of the socket to its applier, another process. */
#ifndef UM_APP_PARTNER_H
#define UM_APP_PARTNER_H

#include <uv.h>

#include "mesh/app/settings.h"
#include "mesh/base/log.h"
#include "mesh/node/hands.h"

/** Bytes that wait for an applier that does not read what it is told; with more
 * it is given up. */
#define UM__CAP_PARTNER_OUT_BYTES (128U << 20)

struct um_partner;

/** What it is made of; borrows all until it is freed. */
struct um_partner_cfg {
    uv_loop_t *loop;
    const struct um_settings *settings;
    const char *unit; /**< the target */
    const char *name; /**< what the node calls itself */
    bool apart;       /**< this process will have another user than that one */
    const struct um_log *log;
    /** The applier said something, and the hands have heard it. */
    void (*heard)(void *user);
    /** The applier ended, or does not speak our language: the daemon ends. */
    void (*gone)(void *user);
    void *user;
};

/** Starts the applier's process. Owned; NULL: it cannot, the log says why. */
struct um_partner *um_partner_new(const struct um_partner_cfg *cfg);

/** Ends it: the socket is closed, and the process is waited for, which may have
 * a change at Unit; a process that does not end is killed. Frees the hands;
 * before the loop runs a last time. */
void um_partner_free(struct um_partner *p);

/** The hands of the node, as long as the partner is there. */
struct um_hands *um_partner_hands(struct um_partner *p);

/** Its process. */
pid_t um_partner_pid(const struct um_partner *p);

#endif

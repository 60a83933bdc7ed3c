/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The daemon: all parts, put together. */
#ifndef UM_APP_DAEMON_H
#define UM_APP_DAEMON_H

#include <p2p/loop.h>

#include "mesh/app/addrbook.h"
#include "mesh/app/audit.h"
#include "mesh/app/confine.h"
#include "mesh/app/detours.h"
#include "mesh/app/events.h"
#include "mesh/app/expiry.h"
#include "mesh/app/joinfile.h"
#include "mesh/app/journal.h"
#include "mesh/app/loop.h"
#include "mesh/app/mesh.h"
#include "mesh/app/partner.h"
#include "mesh/app/prober.h"
#include "mesh/app/settings.h"
#include "mesh/app/state.h"
#include "mesh/app/vigil.h"
#include "mesh/app/webhooks.h"
#include "mesh/applier/applier.h"
#include "mesh/article/article.h"
#include "mesh/base/log.h"
#include "mesh/bus/bus.h"
#include "mesh/rest/auth.h"
#include "mesh/unit/client.h"
#include "mesh/standin/uv.h"

struct um_deed;
struct um_wait;

/** Everything that a daemon is; pointers are owned, NULL where absent. */
struct um_daemon {
    struct um_settings settings;
    struct um_journal journal; /**< the log's way out */
    struct um_log log;
    void *loud; /**< until when another level holds; or NULL */
    uint64_t loud_until_ms;
    struct um_audit audit;
    struct um_user user; /**< whom it becomes */
    struct um_confined confined;
    struct um_state state;
    struct um_loop loop;
    struct um_prober prober; /* of the loop's engine */
    struct p2p_loop *p2p;
    struct um_bus *bus;
    struct um_standin_uv *standin;
    char unit_target[256];      /**< where Unit is; "": there is none */
    bool unit_awaited;          /**< nobody named it, and it was not there */
    struct um_spawn spawn;      /**< the applier's process */
    struct um_partner *partner; /**< holds Unit, but in the article's mode */
    struct um_unit *unit;       /**< in the article's mode */
    struct um_applier *applier; /**< likewise */
    struct um_article *article;
    struct um_mesh mesh;
    struct um_joinfile joinfile;
    struct um_events *events;
    struct um_webhooks *webhooks;
    struct um_expiry expiry;
    struct um_addrbook addrbook;
    struct um_detours detours;
    struct um_deed *trying; /* who tries a change at this node's Unit, and who
                               waits for that, in turn */
    struct um_wait *waits;  /**< requests that wait */
    char host_name[64];     /**< of this machine */
    struct um_auth local_auth;  /**< of the unix socket */
    struct um_auth remote_auth; /**< of REST over TCP */
    struct um_serve *local;
    struct um_serve *remote;
    struct um_serve *facade; /**< the article's GET on port 8888 */
    uv_signal_t signals[2];
    struct um_vigil vigil; /**< over it, for who started it */
    uv_timer_t drain;      /**< how long a signal waits for Unit */
    bool failed;           /**< it ends because it cannot go on */
    bool ending;           /**< a signal came while a change was at Unit */
    uint64_t started_ms;
};

/** `unitmesh run`: until SIGTERM or SIGINT. The exit code. */
int um_daemon_main(int argc, char **argv);

/** This node's key, used like any other; and an owner's, NULL if none is here.
 * In a mesh the applier holds them. */
struct p2p_key *um_daemon_key(const struct um_daemon *d);
struct p2p_key *um_daemon_owner(const struct um_daemon *d);

/** The hands that hold Unit; NULL: there is no Unit, or the article's mode. */
struct um_hands *um_daemon_hands(const struct um_daemon *d);

/**
 * The bus once more, under another key.
 * @param forget all keys of a mesh that was left go, and the node gets one that
 *               no mesh knows; else the next key takes the place of this node's
 * @return 0; or an error: the bus is under the former key, or gone (NULL)
 */
int um_daemon_rekey(struct um_daemon *d, bool forget);

/** The version of the daemon. */
const char *um_daemon_version(void);

#endif

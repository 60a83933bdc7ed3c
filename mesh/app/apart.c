/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: settings, the user whom the daemon has, the state folder shared
 * with him, a socket; then a daemon comes, and this process is its applier as
 * if that had started it (mesh/app/role). What it is told that way it takes of
 * its own settings: the daemon chooses neither Unit nor policy nor folder.
 */
#include "mesh/app/apart.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <p2p/p2p.h>

#include "mesh/app/confine.h"
#include "mesh/app/gate.h"
#include "mesh/app/journal.h"
#include "mesh/app/partner.h"
#include "mesh/app/pid1.h"
#include "mesh/app/premises.h"
#include "mesh/app/role.h"
#include "mesh/app/spawn.h"
#include "mesh/app/stdfiles.h"
#include "mesh/unit/client.h"

/* Descriptors that are out of the way of those of the role. */
#define HIGH_FD 10

struct apart {
    struct um_settings settings;
    struct um_journal journal; /* shut when a daemon has come */
    struct um_log log;
    struct um_user user; /* of the daemon */
    char host_name[64];
};

static const char *find_unit(const struct apart *a)
{
    bool there;
    const char *unit =
        a->settings.unit != NULL ? a->settings.unit : um_unit_find(&there);

    return strcmp(unit, "none") != 0 ? unit : "";
}

/* Whose daemon may come: another user's than root's. */
static int choose(struct apart *a)
{
    const char *name =
        a->settings.user != NULL ? a->settings.user : UM_CONFINE_USER;

    if (geteuid() != 0 && a->settings.user == NULL) {
        um_user_self(&a->user);
        return 0;
    }
    if (um_user_find(name, &a->user) != 0) {
        um_log_line(&a->log, UM_LOG_ERROR,
                    "there is no user %s: useradd --system --user-group "
                    "" UM_CONFINE_USER ", or --user NAME",
                    name);
        return -1;
    }
    if (a->user.uid == 0) {
        um_log_line(&a->log, UM_LOG_ERROR,
                    "the daemon has to be another user than root: --user NAME");
        return -1;
    }
    return 0;
}

/* The folder that he shares with us. The socket's is his own. */
static int prepare(struct apart *a)
{
    const struct um_premises places = {a->settings.state, "", &a->user, true};

    return choose(a) == 0 ? um_premises_part(&places, &a->log) : -1;
}

/* The ends that a daemon brought become those of the role. */
static int put(const int fds[2])
{
    int low = fcntl(fds[0], F_DUPFD_CLOEXEC, HIGH_FD);
    int ask = fcntl(fds[1], F_DUPFD_CLOEXEC, HIGH_FD);

    if (low < 0 || ask < 0 || dup2(low, UM_SPAWN_FD) < 0 ||
        dup2(ask, UM_SPAWN_ASK_FD) < 0) {
        return -1;
    }
    um_spawn_close_from(UM_SPAWN_ASK_FD + 1);
    return 0;
}

/* Until the daemon has ended. */
static int serve(struct apart *a, const char *unit)
{
    const struct um_partner_told told = {
        .settings = &a->settings,
        .unit = unit,
        .name = a->settings.name != NULL ? a->settings.name : a->host_name,
        .apart = a->user.uid != geteuid()};
    struct um_partner_words words;

    um_partner_words(&told, &words);
    return um_role_main(UM_ROLE_ARGS, words.argv + 1);
}

static int run(struct apart *a)
{
    const struct um_gate gate = {a->settings.applier, P2P_VERSION, &a->log};
    const char *unit = find_unit(a);
    int fds[2], listener;

    if (prepare(a) != 0) {
        return 1;
    }
    listener = um_gate_open(&gate, a->user.gid);
    if (listener < 0) {
        return 1;
    }
    um_log_line(&a->log, UM_LOG_INFO,
                "unitmesh %s, applier, Unit at %s: waits for a daemon of %s",
                P2P_VERSION, unit[0] != '\0' ? unit : "no place", a->user.name);
    if (um_gate_wait(&gate, listener, a->user.uid, unit, fds) != 0) {
        return 1;
    }
    um_log_line(&a->log, UM_LOG_INFO, "a daemon has come");
    um_journal_close(&a->journal); /* the role opens its own */
    if (put(fds) != 0) {
        um_log_line(&a->log, UM_LOG_ERROR, "its sockets cannot be used");
        return 1;
    }
    return serve(a, unit);
}

int um_apart_main(int argc, char **argv)
{
    struct apart a = {.host_name = ""};
    int rv = um_stdfiles_fill() == 0
                 ? um_settings_parse(&a.settings, argc, argv)
                 : 2;

    if (rv != 0) {
        return rv == 1 ? 0 : rv;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* who reads the log may go */
    um_pid1_signals();
    a.log.level = (enum um_log_level)a.settings.log_level;
    um_journal_open(&a.journal, &a.log,
                    (enum um_journal_format)a.settings.log_format,
                    UM_JOURNAL_SOCKET);
    a.settings.log_format = (int)a.journal.format;
    if (gethostname(a.host_name, sizeof a.host_name - 1) != 0 ||
        a.host_name[0] == '\0') {
        (void)snprintf(a.host_name, sizeof a.host_name, "node");
    }
    rv = run(&a);
    um_settings_fini(&a.settings);
    return rv;
}

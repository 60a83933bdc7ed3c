/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The needs of a daemon follow from its flags: ports below 1024 that it was
 * told to open, files that it was told to read, and for a stand-in, which is a
 * web server, whatever its user may read. In the article's mode the daemon
 * stays who it is unless somebody is named: there it is the one who talks to
 * Unit, and does what anybody on the link says.
 */
#include "mesh/app/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesh/app/premises.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Whether the number after the last `mark` is a port for root alone. */
static bool is_low(const char *at, const char *mark)
{
    const char *port = NULL, *next = at;

    while ((next = strstr(next, mark)) != NULL) {
        port = next + strlen(mark);
        next = port;
    }
    if (port != NULL) {
        long n = strtol(port, NULL, 10);

        return n > 0 && n < 1024;
    }
    return false;
}

/* The stand-in's configuration may name any port. */
static bool low_ports(const struct um_settings *s, bool embedded)
{
    bool low = embedded || is_low(s->rest, ":");

    for (size_t i = 0; i < s->n_listen; i++) {
        low = low || is_low(s->listen[i], "/tcp/") ||
              is_low(s->listen[i], "/udp/");
    }
    return low;
}

/* Whether the user whom we become gets to his places; said if not. */
static int check_way(const struct um_daemon *d)
{
    const struct um_settings *s = &d->settings;
    const char *slash = strrchr(s->control, '/');
    char folder[sizeof s->control] = ".";

    if (slash != NULL) {
        (void)snprintf(folder, sizeof folder, "%.*s",
                       slash == s->control ? 1 : (int)(slash - s->control),
                       s->control);
    }
    if (faccessat(AT_FDCWD, s->state, W_OK | X_OK, AT_EACCESS) != 0 ||
        faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0) {
        um_log_line(&d->log, UM_LOG_ERROR,
                    "user %s may not get to %s, or to %s (%s): the folders "
                    "above have to let him through, and the last is to be his",
                    d->user.name, s->state, folder, strerror(errno));
        return -1;
    }
    return 0;
}

/* The applier is another service: it has shared the state folder with us, and
 * we are who we are. */
static int other_prepares(struct um_daemon *d)
{
    um_user_self(&d->user);
    if (d->user.uid == 0) {
        um_log_line(&d->log, UM_LOG_ERROR,
                    "--applier is for a daemon that root does not start: what "
                    "talks to the network must not be root");
        return -1;
    }
    return 0;
}

int um_rights_prepare(struct um_daemon *d)
{
    const struct um_settings *s = &d->settings;
    const struct um_premises places = {s->state, s->control, &d->user,
                                       !s->article};
    struct um_user self;
    int rv;

    if (s->applier != NULL) {
        return other_prepares(d);
    }
    if (!s->confine || (s->article && s->user == NULL)) {
        um_user_self(&d->user);
    } else if (um_confine_choose(s->user, &d->user, &d->log) != 0) {
        return -1;
    }
    rv = um_premises_part(&places, &d->log);
    um_user_self(&self);
    if (rv == 0 && d->user.uid != self.uid) {
        um_user_files(&d->user);
        rv = check_way(d);
        um_user_files(&self);
    }
    return rv;
}

int um_rights_drop(struct um_daemon *d)
{
    const struct um_settings *s = &d->settings;
    bool embedded = s->unit != NULL && strcmp(s->unit, "embedded") == 0;
    const char *listen = s->unit_listen != NULL ? s->unit_listen : "";
    const char *reads[] = {s->unit_modules};
    const char *sockets[] = {
        s->control, strncmp(listen, "unix:", 5) == 0 ? listen + 5 : NULL};
    const struct um_confine_needs needs = {.folder = s->state,
                                           .reads = reads,
                                           .n_reads = COUNT(reads),
                                           .replaced = s->join_file,
                                           .sockets = sockets,
                                           .n_sockets = COUNT(sockets),
                                           .low_ports = low_ports(s, embedded),
                                           .any_file = embedded};
    char text[UM_CONFINE_TEXT];

    d->confined = (struct um_confined){.off = true, .user = d->user};
    if (s->confine &&
        um_confine_network(&d->user, &needs, &d->confined, &d->log) != 0) {
        return -1;
    }
    um_confine_text(&d->confined, text, sizeof text);
    um_log_line(&d->log, s->confine ? UM_LOG_INFO : UM_LOG_WARN, "confined: %s",
                text);
    if (d->confined.changed && strncmp(d->unit_target, "http://", 7) == 0) {
        um_log_line(&d->log, UM_LOG_WARN,
                    "Unit's control is at %s, where everybody on this machine "
                    "reaches it, and so does whoever takes over what talks to "
                    "the network: a unix socket is better",
                    d->unit_target);
    }
    return 0;
}

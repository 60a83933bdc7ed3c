/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See unreached.h. Three causes look alike to who is told "cannot connect": the
 * daemon does not run, it has ended without a word, it lets others in. */
#include "cli/unreached.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a path; a socket's is shorter. */
#define PATH_BYTES 600

/* What cannot be passed of the way to a socket: a folder, or the socket. */
static const char *barred(const char *socket, char out[PATH_BYTES],
                          struct stat *st)
{
    const char *slash = socket;
    int folder = 1;

    while (folder) {
        slash = strchr(slash + 1, '/');
        folder = slash != NULL;
        (void)snprintf(out, PATH_BYTES, "%.*s",
                       folder ? (int)(slash - socket) : PATH_BYTES - 1, socket);
        if (stat(out, st) != 0) {
            return NULL;
        }
        if (access(out, folder ? X_OK : W_OK) != 0) {
            return out;
        }
    }
    return NULL;
}

/* The name of a user, copied. */
static const char *user_of(uid_t uid, char out[64])
{
    const struct passwd *p = getpwuid(uid);

    (void)snprintf(out, 64, "%s", p != NULL ? p->pw_name : "another user");
    return out;
}

static void say_denied(const char *socket)
{
    char path[PATH_BYTES], me[64], owner[64];
    struct stat st;
    const char *what = barred(socket, path, &st);
    const struct group *group = what != NULL ? getgrgid(st.st_gid) : NULL;

    if (what == NULL) {
        (void)fprintf(stderr, "unitmesh: %s: Permission denied\n", socket);
        return;
    }
    (void)fprintf(stderr, "unitmesh: %s: it is not for %s, but for %s", what,
                  user_of(geteuid(), me), user_of(st.st_uid, owner));
    if ((st.st_mode & S_IRWXG) != 0 && group != NULL && st.st_gid != 0) {
        (void)fprintf(stderr,
                      " and the group %s\n  as root: usermod -a -G %s %s; it "
                      "counts after the next login\n",
                      group->gr_name, group->gr_name, me);
    } else {
        (void)fprintf(stderr, "\n  ask as %s, with sudo\n", owner);
    }
}

void um_unreached_say(const char *socket, int err)
{
    if (socket[0] == '\0') {
        (void)fputs(
            "unitmesh: there is no daemon to ask: its name is none, or "
            "the path of its state is too\n  long for a socket; "
            "`unitmesh config check` tells, --control PATH names one\n",
            stderr);
    } else if (err == EACCES || err == EPERM) {
        say_denied(socket);
    } else if (err == ECONNREFUSED) {
        (void)fprintf(stderr,
                      "unitmesh: no daemon answers at %s: it has ended, and "
                      "left its socket there\n  start it again; as a service: "
                      "systemctl start unitmesh\n",
                      socket);
    } else if (err == ENOENT) {
        (void)fprintf(stderr,
                      "unitmesh: no daemon answers at %s: there is no such "
                      "socket; is the daemon running?\n  as a service: "
                      "systemctl status unitmesh; --control PATH or --name "
                      "NAME mean another one\n",
                      socket);
    } else {
        (void)fprintf(stderr,
                      "unitmesh: no daemon answers at %s%s%s; is it running? "
                      "(--control PATH names another socket)\n",
                      socket, err != 0 ? ": " : "",
                      err != 0 ? strerror(err) : "");
    }
}

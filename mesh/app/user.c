/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: bounding set, groups, group, user, capabilities, and then all of
 * it is read back and the way back is tried, for it has happened that one of
 * these did nothing. What does not work is named, with errno.
 */
#include "mesh/app/user.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "p2p/err.h"

#define MAX_CAPS 64

static void take(struct um_user *out, const struct passwd *pw)
{
    const struct group *gr = getgrgid(pw->pw_gid);

    out->uid = pw->pw_uid;
    out->gid = pw->pw_gid;
    out->own_group = gr == NULL || strcmp(gr->gr_name, pw->pw_name) == 0;
    (void)snprintf(out->name, sizeof out->name, "%s", pw->pw_name);
}

/* By its number; it need not be in any list. */
static void by_uid(uid_t uid, gid_t gid, struct um_user *out)
{
    const struct passwd *pw = getpwuid(uid);

    if (pw != NULL) {
        take(out, pw);
        return;
    }
    out->uid = uid;
    out->gid = gid;
    out->own_group = getgrgid(gid) == NULL;
    (void)snprintf(out->name, sizeof out->name, "%lu", (unsigned long)uid);
}

int um_user_find(const char *text, struct um_user *out)
{
    const struct passwd *pw;

    if (text[0] != '\0' && text[strspn(text, "0123456789")] == '\0') {
        unsigned long long n = strtoull(text, NULL, 10);

        if (strlen(text) > 10 || n >= (uid_t)-1) {
            return P2P_EINVAL;
        }
        by_uid((uid_t)n, (gid_t)n, out);
        return 0;
    }
    pw = getpwnam(text);
    if (pw == NULL) {
        return P2P_ENOTFOUND;
    }
    take(out, pw);
    return 0;
}

void um_user_self(struct um_user *out)
{
    by_uid(geteuid(), getegid(), out);
    out->gid = getegid();
}

static unsigned bit(int cap)
{
    return 1U << cap;
}

/* Whether the thread has one of the capabilities now. */
static bool has(unsigned cap)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};

    return syscall(SYS_capget, &head, data) == 0 &&
           (data[0].effective & bit((int)cap)) != 0;
}

/* The set that is left, of what is there: nobody gets any that he had not. */
static unsigned left(unsigned keeps)
{
    unsigned set = 0;

    if ((keeps & UM_USER_KEEPS_PORTS) != 0 && has(CAP_NET_BIND_SERVICE)) {
        set |= bit(CAP_NET_BIND_SERVICE);
    }
    if ((keeps & UM_USER_KEEPS_FILES) != 0 && has(CAP_DAC_OVERRIDE)) {
        set |= bit(CAP_DAC_OVERRIDE);
    }
    return set;
}

/* What exec could ever give again. */
static int empty_bounds(void)
{
    if (!has(CAP_SETPCAP)) {
        return 0; /* then no_new_privs has to do */
    }
    for (unsigned long cap = 0; cap < MAX_CAPS; cap++) {
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 && errno != EINVAL) {
            return -1;
        }
    }
    return 0;
}

/* Whether these are all that it has: then it may be that it is not allowed to
 * ask for that, as under a filter of who started it. */
static bool has_just(unsigned set)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};

    return syscall(SYS_capget, &head, data) == 0 && data[0].effective == set &&
           data[0].permitted == set && data[0].inheritable == 0 &&
           (data[1].permitted | data[1].inheritable) == 0;
}

static int set_caps(unsigned set)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {
        {.effective = set, .permitted = set}, {0}};

    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (has_just(set)) {
        return 0;
    }
    return (int)syscall(SYS_capset, &head, data);
}

/* Whether every kind of user and group that we have is the one. */
static bool is(const struct um_user *u)
{
    uid_t uids[3];
    gid_t gids[3];

    if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 ||
        getresgid(&gids[0], &gids[1], &gids[2]) != 0) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        if (uids[i] != u->uid || gids[i] != u->gid) {
            return false;
        }
    }
    return true;
}

/* Reads all back, and tries to be root again. */
static int check(const struct um_user *u, unsigned set)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    bool good = is(u) && syscall(SYS_capget, &head, data) == 0 &&
                data[0].permitted == set && data[1].permitted == 0;

    if (good && u->uid != 0) {
        good = setresuid(0, 0, 0) != 0 && seteuid(0) != 0 &&
               (u->gid == 0 || setegid(0) != 0);
    }
    errno = EPERM;
    return good ? 0 : -1;
}

static int change_ids(const struct um_user *u, const char **step)
{
    if (u->uid == geteuid() && u->uid == getuid() && u->gid == getegid()) {
        return 0;
    }
    *step = "setgroups";
    if (setgroups(0, NULL) != 0) {
        return -1;
    }
    *step = "setgid";
    if (setresgid(u->gid, u->gid, u->gid) != 0) {
        return -1;
    }
    *step = "setuid";
    return setresuid(u->uid, u->uid, u->uid);
}

int um_user_become(const struct um_user *u, unsigned keeps, const char **step)
{
    unsigned set = left(keeps);
    int rv;

    *step = "the bounding set";
    if (empty_bounds() != 0 || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) {
        return -1;
    }
    rv = change_ids(u, step);
    if (rv == 0) {
        *step = "the capabilities";
        rv = set_caps(set);
    }
    (void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    if (rv == 0) {
        *step = "the way back";
        rv = check(u, set);
    }
    return rv;
}

void um_user_files(const struct um_user *u)
{
    (void)setfsgid(u->gid);
    (void)setfsuid(u->uid);
}

bool um_user_try(const struct um_user *u, char *why, size_t cap)
{
    const char *step;
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        _exit(um_user_become(u, 0, &step) == 0 ? 0 : errno & 0xff);
    }
    if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
        WEXITSTATUS(status) == 0) {
        return true;
    }
    (void)snprintf(why, cap, "for %s cannot be become here (%s)", u->name,
                   strerror(WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN));
    return false;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: the version, a set of rules that handles all that this version
 * knows, a rule a path, and the set is put on. A path that is not there has no
 * rule, so it stays out of reach when it comes later. The numbers stand here
 * because a kernel's headers are often older than the kernel.
 */
#include "mesh/app/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

/* uapi/linux/landlock.h */
#define FLAG_VERSION 1U
#define RULE_PATH    1
#define RULE_PORT    2

#define FS_WRITE_FILE  (1U << 1)
#define FS_READ_FILE   (1U << 2)
#define FS_READ_DIR    (1U << 3)
#define FS_REMOVE_DIR  (1U << 4)
#define FS_REMOVE_FILE (1U << 5)
#define FS_MAKE_DIR    (1U << 7)
#define FS_MAKE_REG    (1U << 8)
#define FS_MAKE_SOCK   (1U << 9)
#define FS_TRUNCATE    (1U << 14)

#define NET_BIND    1U
#define NET_CONNECT 2U

#define SCOPE_ABSTRACT 1U
#define SCOPE_SIGNAL   2U

#define NEWEST 7

struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

struct path_rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

struct port_rule {
    uint64_t allowed;
    uint64_t port;
};

int um_fence_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, FLAG_VERSION);

    return abi < 0 ? 0 : abi > NEWEST ? NEWEST : (int)abi;
}

/* All rights about files that a version knows. */
static uint64_t all_fs(int abi)
{
    int n = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13;

    return (1ULL << n) - 1;
}

/* How much of the ruleset a version knows. */
static size_t ruleset_size(int abi)
{
    return abi >= 6   ? sizeof(struct ruleset)
           : abi >= 4 ? 2 * sizeof(uint64_t)
                      : sizeof(uint64_t);
}

static uint64_t fs_rights(unsigned rights, bool folder)
{
    uint64_t fs = 0;

    if ((rights & (UM_FENCE_READ | UM_FENCE_WRITE)) != 0) {
        fs |= FS_READ_FILE | FS_READ_DIR;
    }
    if ((rights & UM_FENCE_WRITE) != 0) {
        fs |= FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG | FS_MAKE_DIR |
              FS_MAKE_SOCK | FS_REMOVE_FILE | FS_REMOVE_DIR;
    }
    if ((rights & UM_FENCE_SOCKETS) != 0) {
        fs |= FS_MAKE_SOCK | FS_REMOVE_FILE;
    }
    return folder ? fs : fs & (FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE);
}

static int add_path(int set, const struct um_fence_path *p, uint64_t known)
{
    struct path_rule rule = {.parent = open(p->path, O_PATH | O_CLOEXEC)};
    struct stat st;
    int rv = 0, err;

    if (rule.parent < 0) {
        return 0; /* it is not there, or not for us anyway */
    }
    if (fstat(rule.parent, &st) == 0) {
        rule.allowed = fs_rights(p->rights, S_ISDIR(st.st_mode)) & known;
    }
    if (rule.allowed != 0) {
        rv = (int)syscall(SYS_landlock_add_rule, set, RULE_PATH, &rule, 0);
    }
    err = errno;
    (void)close(rule.parent);
    errno = err;
    return rv;
}

static int fill(int set, const struct um_fence_gates *g, uint64_t known,
                bool ports)
{
    const struct port_rule port = {NET_CONNECT, g->tcp_port};

    for (size_t i = 0; i < g->n_paths; i++) {
        if (add_path(set, &g->paths[i], known) != 0) {
            return -1;
        }
    }
    return ports && g->tcp_port != 0
               ? (int)syscall(SYS_landlock_add_rule, set, RULE_PORT, &port, 0)
               : 0;
}

int um_fence_close(const struct um_fence_gates *gates)
{
    int abi = um_fence_abi();
    bool ports = abi >= 4 && gates->no_tcp;
    const struct ruleset rules = {.fs = all_fs(abi),
                                  .net = ports ? NET_BIND | NET_CONNECT : 0,
                                  .scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL};
    int set, rv, err;

    if (abi == 0) {
        return 0;
    }
    set =
        (int)syscall(SYS_landlock_create_ruleset, &rules, ruleset_size(abi), 0);
    if (set < 0) {
        return -1;
    }
    rv = fill(set, gates, rules.fs, ports);
    if (rv == 0) {
        rv = (int)syscall(SYS_landlock_restrict_self, set, 0);
    }
    err = errno;
    (void)close(set);
    errno = err;
    return rv == 0 ? abi : -1;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: core files off, the user and the capabilities, no_new_privs, not
 * dumpable (so /proc/PID is root's), Landlock, seccomp, in this order, for each
 * needs what comes later still takes away. Nothing here fails but a user who
 * was asked for: a daemon that runs with less around it, and says so, is better
 * than one that does not run.
 */
#include "mesh/app/confine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mesh/app/fence.h"
#include "mesh/app/sieve.h"
#include "p2p/err.h"

#define MAX_PATHS   40
#define MAX_SOCKETS 4
#define PATH_BYTES  512

/* What the C library and its modules read when a name is looked up, and what
 * libraries read when they begin. All of it is open to everybody. */
static const char *const common[] = {
    "/usr",
    "/lib",
    "/lib64",
    "/dev/random",
    "/dev/urandom",
    "/proc/self",
    "/sys/devices/system/cpu",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/run/nscd",
};

/* Of root's own process not all of /etc. */
static const char *const names[] = {
    "/etc/resolv.conf", "/etc/hosts",     "/etc/nsswitch.conf", "/etc/gai.conf",
    "/etc/host.conf",   "/etc/services",  "/etc/passwd",        "/etc/group",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl",           "/etc/gnutls",
};

static const char *const etc[] = {"/etc"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The gates of a fence, as they are gathered. */
struct gates {
    struct um_fence_path paths[MAX_PATHS];
    size_t n;
};

static void lacks(const struct um_log *log, const char *what, const char *why)
{
    um_log_line(log, UM_LOG_WARN, "confinement goes without %s: %s", what, why);
}

/* The one who is named, or whom the package made; 1: there is nobody. */
static int find(const char *name, struct um_user *out, const struct um_log *log)
{
    if (um_user_find(name != NULL ? name : UM_CONFINE_USER, out) == 0) {
        return 0;
    }
    if (name == NULL) {
        return 1;
    }
    um_log_line(log, UM_LOG_ERROR, "--user %s: there is no such user", name);
    return -1;
}

/* Whom a daemon that root did not start becomes. */
static int stay(const char *name, struct um_user *out, const struct um_log *log)
{
    if (name != NULL && find(name, out, log) != 0) {
        return -1;
    }
    if (name != NULL && out->uid != geteuid()) {
        um_log_line(log, UM_LOG_ERROR,
                    "--user %s: only root can become another user", name);
        return -1;
    }
    um_user_self(out);
    um_log_line(log, UM_LOG_INFO,
                "what talks to the network runs as %s, who may do all that "
                "this daemon may: started as root, they are kept apart",
                out->name);
    return 0;
}

static void warn_root(const struct um_log *log, const char *why)
{
    um_log_line(log, UM_LOG_WARN,
                "what talks to the network stays root, %s: whoever takes it "
                "over has Unit too (useradd --system --user-group "
                "" UM_CONFINE_USER ", or --user NAME)",
                why);
}

int um_confine_choose(const char *name, struct um_user *out,
                      const struct um_log *log)
{
    char why[128];
    int rv;

    if (geteuid() != 0) {
        return stay(name, out, log);
    }
    rv = find(name, out, log);
    if (rv != 0) {
        um_user_self(out);
        if (rv > 0) {
            warn_root(log, "for there is no user " UM_CONFINE_USER);
        }
        return rv < 0 ? -1 : 0;
    }
    if (um_user_try(out, why, sizeof why)) {
        if (!out->own_group && out->uid != 0) {
            um_log_line(log, UM_LOG_WARN,
                        "others are in the group of user %s: they can put "
                        "files into the state folder; a user with a group of "
                        "its own is better",
                        out->name);
        }
        return 0;
    }
    if (name != NULL) {
        um_log_line(log, UM_LOG_ERROR, "--user %s: cannot become him: %s", name,
                    why);
        return -1;
    }
    warn_root(log, why);
    um_user_self(out);
    return 0;
}

static void add(struct gates *g, const char *path, unsigned rights)
{
    if (path != NULL && path[0] != '\0' && g->n < MAX_PATHS) {
        g->paths[g->n++] = (struct um_fence_path){path, rights};
    }
}

static void add_all(struct gates *g, const char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        add(g, paths[i], UM_FENCE_READ);
    }
}

/* The folder that a path is in, in `buf`. */
static const char *folder_of(const char *path, char buf[PATH_BYTES])
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    size_t n = slash != NULL ? (size_t)(slash - path) : 0;

    if (path == NULL || path[0] == '\0' || n >= PATH_BYTES) {
        return NULL;
    }
    if (n == 0) {
        return slash != NULL ? "/" : ".";
    }
    memcpy(buf, path, n);
    buf[n] = '\0';
    return buf;
}

static void fence(const struct um_confine_needs *needs, bool applier,
                  struct um_confined *out, const struct um_log *log)
{
    struct gates g = {.n = 0};
    char folders[MAX_SOCKETS][PATH_BYTES], replaced[PATH_BYTES];
    struct um_fence_gates gates = {.paths = g.paths,
                                   .no_tcp = applier && !needs->any_tcp};

    add(&g, needs->folder, UM_FENCE_WRITE);
    add(&g, "/dev/null", UM_FENCE_WRITE);
    for (size_t i = 0; i < needs->n_sockets && i < MAX_SOCKETS; i++) {
        add(&g, folder_of(needs->sockets[i], folders[i]), UM_FENCE_SOCKETS);
    }
    if (needs->any_file) {
        add(&g, "/", UM_FENCE_READ);
    }
    add(&g, folder_of(needs->replaced, replaced), UM_FENCE_READ);
    add_all(&g, needs->reads, needs->n_reads);
    add_all(&g, common, COUNT(common));
    if (geteuid() == 0) {
        add_all(&g, names, COUNT(names));
    } else {
        add_all(&g, etc, COUNT(etc));
    }
    gates.n_paths = g.n;
    gates.tcp_port = needs->tcp_port;
    out->landlock = um_fence_close(&gates);
    if (out->landlock <= 0) {
        lacks(log, "Landlock",
              out->landlock < 0 ? strerror(errno)
                                : "this kernel or container has none");
        out->landlock = 0;
    }
}

static void no_core(const struct um_log *log)
{
    const struct rlimit none = {0, 0};

    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        lacks(log, "a limit on core files", strerror(errno));
    }
}

/* What follows the user, the same for both. */
static void shut(const struct um_confine_needs *needs, enum um_sieve_role role,
                 struct um_confined *out, const struct um_log *log)
{
    int rv;

    out->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    if (!out->no_new_privs) {
        lacks(log, "no_new_privs", strerror(errno));
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        lacks(log, "a closed /proc", strerror(errno));
    }
    fence(needs, role == UM_SIEVE_APPLIER, out, log);
    rv = um_sieve_set(role);
    out->seccomp = rv == 0 && um_sieve_on();
    if (!out->seccomp) {
        lacks(log, "seccomp", strerror(rv != 0 ? -rv : EOPNOTSUPP));
    }
}

int um_confine_network(const struct um_user *user,
                       const struct um_confine_needs *needs,
                       struct um_confined *out, const struct um_log *log)
{
    unsigned keeps = needs->low_ports ? UM_USER_KEEPS_PORTS : 0U;
    bool was_root = geteuid() == 0;
    const char *step;

    *out = (struct um_confined){.low_ports = needs->low_ports};
    no_core(log);
    out->bare = um_user_become(user, keeps, &step) == 0;
    if (!out->bare) {
        lacks(log, step, strerror(errno));
    }
    um_user_self(&out->user);
    if (out->user.uid != user->uid || (user->uid != 0 && !out->bare)) {
        um_log_line(log, UM_LOG_ERROR, "cannot become user %s", user->name);
        return -1;
    }
    out->changed = was_root && out->user.uid != 0;
    shut(needs, UM_SIEVE_NETWORK, out, log);
    return 0;
}

void um_confine_applier(const struct um_confine_needs *needs,
                        struct um_confined *out, const struct um_log *log)
{
    struct um_user self;
    const char *step;

    *out = (struct um_confined){.off = false};
    um_user_self(&self);
    no_core(log);
    out->bare = um_user_become(&self, UM_USER_KEEPS_FILES, &step) == 0;
    if (!out->bare) {
        lacks(log, step, strerror(errno));
    }
    out->user = self;
    shut(needs, UM_SIEVE_APPLIER, out, log);
}

void um_confine_text(const struct um_confined *c, char *out, size_t cap)
{
    char landlock[32] = "no Landlock";

    if (c->off) {
        (void)snprintf(out, cap, "not at all: --no-confine");
        return;
    }
    if (c->landlock > 0) {
        (void)snprintf(landlock, sizeof landlock, "Landlock %d", c->landlock);
    }
    (void)snprintf(out, cap, "user %s (%lu), %s, %s, %s%s", c->user.name,
                   (unsigned long)c->user.uid,
                   !c->bare       ? "capabilities left"
                   : c->low_ports ? "no capability but ports below 1024"
                                  : "no capabilities",
                   landlock, c->seccomp ? "seccomp" : "no seccomp",
                   c->no_new_privs ? "" : ", can gain rights");
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The network's process of a node that somebody has taken over. It starts as
 * the daemon does: the state folder is parted, the applier begins (this program
 * in that role, which is the daemon's code), and then it becomes what the
 * daemon becomes. From there on it does not what the daemon does.
 *
 *     intruder MODE --state DIR --unit PATH [--user UID] [--seed N] …
 *
 * MODE: `probes` (of this machine), `flood` (messages), `garbage` (no
 * messages).
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "flood.h"
#include "mesh/app/confine.h"
#include "mesh/app/journal.h"
#include "mesh/app/partner.h"
#include "mesh/app/premises.h"
#include "mesh/app/role.h"
#include "mesh/app/sieve.h"
#include "mesh/app/state.h"
#include "mesh/applier/keyring.h"
#include "probes.h"

struct intruder {
    const char *state;
    const char *unit;
    const char *open;
    const char *user; /* NULL: stays who it is */
    bool bare;        /* another user, and nothing else is given up */
    uint64_t seed;
    uint64_t count;
    struct um_journal journal;
    struct um_log log;
    struct um_user who;
    struct um_spawn spawn;
};

static int usage(void)
{
    (void)fputs(
        "usage: intruder probes|flood|garbage --state DIR --unit PATH "
        "[--open FILE] [--user UID] [--bare] [--seed N] [--count N]\n",
        stderr);
    return 2;
}

static int read_flags(struct intruder *x, int argc, char **argv)
{
    static const struct option options[] = {
        {"state", required_argument, NULL, 's'},
        {"unit", required_argument, NULL, 'u'},
        {"open", required_argument, NULL, 'o'},
        {"user", required_argument, NULL, 'U'},
        {"bare", no_argument, NULL, 'b'},
        {"seed", required_argument, NULL, 'S'},
        {"count", required_argument, NULL, 'n'},
        {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        x->state = c == 's' ? optarg : x->state;
        x->unit = c == 'u' ? optarg : x->unit;
        x->open = c == 'o' ? optarg : x->open;
        x->user = c == 'U' ? optarg : x->user;
        x->bare = x->bare || c == 'b';
        x->seed = c == 'S' ? strtoull(optarg, NULL, 10) : x->seed;
        x->count = c == 'n' ? strtoull(optarg, NULL, 10) : x->count;
        if (c == '?') {
            return -1;
        }
    }
    return x->state != NULL && x->unit != NULL ? 0 : -1;
}

/* The node's key is the one that the mesh knows. */
static int make_key(const struct intruder *x)
{
    struct mesh_maker m;
    uint8_t pb[P2P_PRIVKEY_MAX];
    char path[300];
    int fd, len, rv = -1;

    mesh_maker_init(&m, 0);
    len = p2p_key_encode(m.keys[ME], pb, sizeof pb);
    mesh_maker_fini(&m);
    (void)snprintf(path, sizeof path, "%s/node.key", x->state);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) {
        rv = len > 0 && write(fd, pb, (size_t)len) == len ? 0 : -1;
        (void)close(fd);
    }
    return rv;
}

/* As the daemon does while it still may all. */
static int begin(struct intruder *x)
{
    char control[300], target[300];
    const struct um_premises places = {x->state, control, &x->who, true};
    struct um_settings settings = {.log_level = UM_LOG_ERROR, .confine = true};
    const struct um_partner_told told = {
        .settings = &settings, .unit = target, .name = "me", .apart = true};

    (void)snprintf(control, sizeof control, "%s/control.sock", x->state);
    (void)snprintf(target, sizeof target, "unix:%s", x->unit);
    (void)snprintf(settings.state, sizeof settings.state, "%s", x->state);
    um_user_self(&x->who);
    if (x->user != NULL && um_user_find(x->user, &x->who) != 0) {
        return -1;
    }
    return um_premises_part(&places, &x->log) == 0 && make_key(x) == 0 &&
                   um_partner_start(&x->spawn, &told, &x->log) == 0
               ? 0
               : -1;
}

/* And then. */
static int give_up(struct intruder *x)
{
    const struct um_confine_needs needs = {.folder = x->state};
    struct um_confined how = {.off = true};
    char text[UM_CONFINE_TEXT];
    const char *step;

    if (x->bare) {
        return um_user_become(&x->who, 0, &step);
    }
    if (x->user != NULL &&
        um_confine_network(&x->who, &needs, &how, &x->log) != 0) {
        return -1;
    }
    um_confine_text(&how, text, sizeof text);
    (void)printf(
        "{\"type\":\"confined\",\"how\":\"%s\",\"landlock\":%d,"
        "\"seccomp\":%s,\"sanitized\":%s}\n",
        text, how.landlock, how.seccomp ? "true" : "false",
        UM_SIEVE_SANITIZED ? "true" : "false");
    return 0;
}

static int probe(struct intruder *x)
{
    const struct probes_at at = {x->state, x->unit, x->open, x->spawn.pid};
    const int fds[2] = {x->spawn.fd, x->spawn.ask_fd};
    struct flood *f = calloc(1, sizeof *f);
    int rv = -1;

    if (f != NULL) {
        flood_init(f, fds, x->seed);
        rv = flood_begin(f); /* it is there, and holds what it holds */
        probes_run(&at);
        flood_fini(f);
    }
    free(f);
    return rv;
}

static void tell(const struct flood *f, const char *what, double seconds)
{
    (void)printf(
        "{\"type\":\"%s\",\"said\":%llu,\"seconds\":%.1f,\"done\":%llu,"
        "\"refused\":%llu,\"no_answer\":%llu,\"alone\":%llu,\"ended\":%llu,"
        "\"signed\":%llu,\"not_signed\":%llu}\n",
        what, (unsigned long long)f->said, seconds,
        (unsigned long long)f->outcomes[0], (unsigned long long)f->outcomes[1],
        (unsigned long long)f->outcomes[2], (unsigned long long)f->alone,
        (unsigned long long)f->ended, (unsigned long long)f->keys_yes,
        (unsigned long long)f->keys_no);
    (void)fflush(stdout);
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Three revisions as they should be, the flood, and a fourth one. */
static int flood_it(struct intruder *x, struct flood *f)
{
    double from;

    if (flood_begin(f) != 0) {
        return -1;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (flood_run(f, i) != 0) {
            return -1;
        }
    }
    tell(f, "honest", 0);
    from = now();
    if (flood_all(f, x->count) != 0) {
        tell(f, "cut", now() - from);
        return -1;
    }
    tell(f, "flood", now() - from);
    if (flood_begin(f) != 0 || flood_run(f, 3) != 0) {
        return -1;
    }
    tell(f, "after", 0);
    return 0;
}

static int flood(struct intruder *x, bool garbage)
{
    const int fds[2] = {x->spawn.fd, x->spawn.ask_fd};
    struct flood *f = calloc(1, sizeof *f);
    int rv = -1;

    if (f != NULL) {
        flood_init(f, fds, x->seed);
        rv = garbage ? flood_garbage(f) : flood_it(x, f);
        flood_fini(f);
    }
    free(f);
    return rv;
}

int main(int argc, char **argv)
{
    struct intruder x = {.open = "/etc/hostname", .seed = 1, .count = 1000};
    int rv;

    if (argc > 1 && strcmp(argv[1], UM_ROLE_WORD) == 0) {
        return um_role_main(argc - 1, argv + 1);
    }
    x.log.level = UM_LOG_INFO;
    um_journal_open(&x.journal, &x.log, UM_JOURNAL_TEXT, UM_JOURNAL_SOCKET);
    if (argc < 2 || read_flags(&x, argc - 1, argv + 1) != 0) {
        return usage();
    }
    if (begin(&x) != 0 || give_up(&x) != 0) {
        return 1;
    }
    rv = strcmp(argv[1], "probes") == 0  ? probe(&x)
         : strcmp(argv[1], "flood") == 0 ? flood(&x, false)
                                         : flood(&x, true);
    x.spawn.fd = x.spawn.ask_fd = -1; /* closed with the flood */
    return rv == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See role.h. Happy path: the node's key, the policy, the folder of its files
 * with a lock, Unit; then what comes over the socket, until that is closed.
 * Signals that end the daemon end this process by that: a change that is at
 * Unit is waited for first, and a new daemon's applier waits for the lock.
 */
#include "mesh/app/role.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <p2p/err.h>

#include "mesh/app/confine.h"
#include "mesh/app/journal.h"
#include "mesh/app/keeper.h"
#include "mesh/app/keyserver.h"
#include "mesh/app/poll.h"
#include "mesh/app/policyfile.h"
#include "mesh/app/shelter.h"
#include "mesh/app/spawn.h"
#include "mesh/app/state.h"
#include "mesh/applier/agent.h"
#include "mesh/base/logcap.h"

/* How long the end waits for Unit's answer to a change. */
#define DRAIN_MS 5000U

/* Pieces that are heard before a key is asked for, more than a socket holds;
 * and how long who asks waits. */
#define CATCH_UP    1024U
#define CATCH_UP_MS 20000U

struct role {
    char **argv;
    struct um_journal way;
    struct um_log journal;
    struct um_logcap capped;
    const struct um_log *log; /* the latter: the node can cause many lines */
    struct um_poll *poll;
    struct um_shelter shelter;
    struct um_state state; /* its keys */
    struct um_keyserver *keys;
    struct um_policy_file policy;
    struct um_unit *unit;
    struct um_applier *applier;
    struct um_keeper keeper; /* of the scratch Unit */
    struct um_agent_scratch scratch;
    struct um_agent *agent;
    struct um_buf out;
    void *turn; /* it has more to hear */
    bool mute;  /* the node reads no more */
    bool ending;
    int rv;
};

static uint64_t wall_ms(void *clock)
{
    struct timeval t;

    (void)clock;
    (void)gettimeofday(&t, NULL);
    return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_usec / 1000U;
}

static const char *arg(const struct role *r, enum um_role_arg which)
{
    return r->argv[which][0] != '\0' ? r->argv[which] : NULL;
}

/* ---- the end */

static void on_drained(void *user)
{
    struct role *r = user;

    um_log_line(r->log, UM_LOG_WARN, "Unit has not answered: ending without");
    um_poll_stop(r->poll);
}

/* Every so often: whether Unit has answered. */
static void on_look(void *user)
{
    struct role *r = user;
    const struct um_alarms *a = um_poll_alarms(r->poll);
    struct um_applier_stats s = {0};

    if (r->applier != NULL) {
        um_applier_stats(r->applier, &s);
    }
    if (!s.busy || a->set(a->user, 20, on_look, r) == NULL) {
        um_poll_stop(r->poll);
    }
}

static void end(struct role *r)
{
    const struct um_alarms *a = um_poll_alarms(r->poll);

    if (r->ending) {
        return;
    }
    r->ending = true;
    (void)um_poll_watch(r->poll, UM_SPAWN_FD, false, NULL, NULL);
    (void)a->set(a->user, DRAIN_MS, on_drained, r);
    on_look(r);
}

static void fail(struct role *r, const char *what, const char *why)
{
    um_log_line(r->log, UM_LOG_ERROR, "the applier: %s: %s", what, why);
    r->rv = 1;
    end(r);
}

/* ---- the socket */

static void on_ready(void *user);

static void watch(struct role *r)
{
    if (!r->ending) {
        (void)um_poll_watch(r->poll, UM_SPAWN_FD, r->out.len > 0, on_ready, r);
    }
}

static bool is_later(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void write_out(struct role *r)
{
    ssize_t n = 1;

    while (r->out.len > 0 && n > 0) {
        n = send(UM_SPAWN_FD, r->out.p, r->out.len,
                 MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            um_buf_consume(&r->out, (size_t)n);
        } else if (!is_later(n)) {
            r->mute = true; /* what it said last is still to be read */
            um_buf_fini(&r->out);
        }
    }
}

/* Hears one message a turn, as long as there is one: Unit's answers come in
 * between. */
static void on_turn(void *user)
{
    struct role *r = user;
    const struct um_alarms *a = um_poll_alarms(r->poll);
    int rv = r->ending ? 0 : um_agent_step(r->agent);

    r->turn = rv == 1 ? a->set(a->user, 0, on_turn, r) : NULL;
    if (rv == 1 && r->turn == NULL) {
        rv = P2P_ENOMEM;
    }
    if (rv < 0) {
        fail(r, "what the node says", p2p_err_text(rv));
    }
}

/* Keeps a piece of what the node says; false: there is nothing more now. */
static bool read_in(struct role *r)
{
    char bytes[65536];
    ssize_t n = recv(UM_SPAWN_FD, bytes, sizeof bytes, MSG_DONTWAIT);
    int rv;

    if (is_later(n)) {
        return false;
    }
    if (n <= 0) {
        end(r);
        return false;
    }
    rv = um_agent_feed(r->agent, um_str_n(bytes, (size_t)n));
    if (rv != 0) {
        fail(r, "what the node says", p2p_err_text(rv));
    }
    return rv == 0;
}

/* All that the node said before it asked for a key is heard first. */
static void catch_up(void *user)
{
    struct role *r = user;
    const struct um_alarms *a = um_poll_alarms(r->poll);
    uint64_t until = a->now_ms(a->user) + CATCH_UP_MS;
    int rv = 1;

    for (unsigned i = 0; i < CATCH_UP && !r->ending && read_in(r); i++) {
    }
    /* Who asked is gone by then, and another daemon may wait for our end. */
    while (rv == 1 && !r->ending) {
        rv = a->now_ms(a->user) < until ? um_agent_step(r->agent) : P2P_ELIMIT;
    }
    if (rv < 0) {
        fail(r, "what the node says", p2p_err_text(rv));
    }
}

static void on_ready(void *user)
{
    struct role *r = user;

    write_out(r);
    if (!r->ending && r->turn == NULL && read_in(r)) {
        on_turn(r);
    }
    watch(r);
}

static void to_node(void *user, struct um_str bytes)
{
    struct role *r = user;

    if (r->ending || r->mute) {
        return;
    }
    if (bytes.p == NULL) {
        fail(r, "the node cannot be told anything", p2p_err_text(P2P_ENOMEM));
        return;
    }
    um_buf_str(&r->out, bytes);
    if (um_buf_failed(&r->out) || r->out.len > UM__CAP_ROLE_OUT_BYTES) {
        fail(r, "the node does not read", p2p_err_text(P2P_ELIMIT));
        return;
    }
    write_out(r);
    watch(r);
}

/* ---- begin */

/* A client of a Unit, and what gives it configurations. */
static int make_client(struct role *r, const char *target,
                       struct um_unit **unit, struct um_applier **applier)
{
    const struct um_unit_cfg cfg = {.target = target,
                                    .fetch = um_poll_fetch(r->poll),
                                    .alarms = um_poll_alarms(r->poll),
                                    .log = r->log};

    *unit = um_unit_new(&cfg);
    *applier = *unit != NULL ? um_applier_new(*unit, cfg.alarms, r->log) : NULL;
    return *applier != NULL ? 0 : P2P_EINVAL;
}

static int make_unit_at(struct role *r, const char *target)
{
    return make_client(r, target, &r->unit, &r->applier);
}

static int make_scratch(struct role *r)
{
    if (r->keeper.fd == 0) {
        return 0;
    }
    r->scratch.folder = r->keeper.listeners;
    r->scratch.log = r->keeper.log;
    return make_client(r, r->keeper.target, &r->scratch.unit,
                       &r->scratch.applier);
}

static bool is_embedded(const struct role *r)
{
    const char *target = arg(r, UM_ROLE_UNIT);

    return target != NULL && strcmp(target, UM_ROLE_EMBEDDED) == 0;
}

static int make_unit(struct role *r)
{
    const char *target = arg(r, UM_ROLE_UNIT);

    return target == NULL || is_embedded(r) ? 0 : make_unit_at(r, target);
}

/* Whether a stand-in that was told to listen `at` may be at a target: just
 * there, but that the system may have chosen the port. */
static bool is_at(const char *target, const char *at)
{
    const char *port = strrchr(at, ':');
    size_t len = strlen(at);

    if (strncmp(at, "unix:", 5) == 0) {
        return strcmp(target, at) == 0;
    }
    if (port != NULL && strcmp(port, ":0") == 0) {
        len = (size_t)(port - at) + 1;
    }
    return strncmp(target, "http://", 7) == 0 &&
           strncmp(target + 7, at, len) == 0 &&
           strspn(target + 7 + len, "0123456789") == strlen(target + 7 + len);
}

/* struct um_agent_cfg.unit_at. */
static int unit_at(void *user, const char *target, struct um_unit **unit,
                   struct um_applier **applier)
{
    struct role *r = user;
    int rv = is_at(target, r->argv[UM_ROLE_EMBEDDED_AT])
                 ? make_unit_at(r, target)
                 : P2P_EACCES;

    if (rv == 0) {
        *unit = r->unit;
        *applier = r->applier;
    }
    return rv;
}

static int make_agent(struct role *r)
{
    const struct um_agent_cfg cfg = {
        .unit = r->unit,
        .applier = r->applier,
        .alarms = um_poll_alarms(r->poll),
        .log = r->log,
        .policy = &r->policy.policy,
        .key = r->state.key,
        .old = r->state.old,
        .name = arg(r, UM_ROLE_NAME) != NULL ? arg(r, UM_ROLE_NAME) : "node",
        .unit_log = arg(r, UM_ROLE_UNIT_LOG),
        .scratch = r->scratch,
        .files = um_shelter_files(&r->shelter),
        .may_leave = arg(r, UM_ROLE_APART) == NULL,
        .wall_ms = wall_ms,
        .unit_at = is_embedded(r) ? unit_at : NULL,
        .send = to_node,
        .user = r};

    r->agent = um_agent_new(&cfg);
    return r->agent != NULL ? 0 : P2P_ENOMEM;
}

static int make_keys(struct role *r)
{
    const struct um_keyserver_cfg cfg = {.fd = UM_SPAWN_ASK_FD,
                                         .poll = r->poll,
                                         .state = &r->state,
                                         .agent = r->agent,
                                         .catch_up = catch_up,
                                         .user = r,
                                         .log = r->log};

    r->keys = um_keyserver_new(&cfg);
    return r->keys != NULL ? 0 : P2P_ENOMEM;
}

/* The port of a target; 0: it is a socket. */
static uint16_t port_of(const char *target)
{
    const char *at = strrchr(target, ':');
    bool http = strncmp(target, "http://", 7) == 0;
    long n = http && at[1] != '/' ? strtol(at + 1, NULL, 10) : 0;

    return n > 0 && n < 65536 ? (uint16_t)n : http ? 80 : 0;
}

/* All is open that is needed. Where a stand-in is it hears later. */
static void confine(struct role *r)
{
    const char *unit = arg(r, UM_ROLE_UNIT);
    const char *const reads[] = {r->keeper.fd != 0 ? r->keeper.folder : NULL};
    const struct um_confine_needs needs = {
        .folder = arg(r, UM_ROLE_STATE),
        .reads = reads,
        .n_reads = 1,
        .replaced = arg(r, UM_ROLE_UNIT_LOG),
        .any_tcp = is_embedded(r),
        .tcp_port = unit != NULL ? port_of(unit) : 0};
    struct um_confined how;
    char text[UM_CONFINE_TEXT];

    if (arg(r, UM_ROLE_CONFINE) == NULL) {
        return;
    }
    um_confine_applier(&needs, &how, r->log);
    um_confine_text(&how, text, sizeof text);
    um_log_line(r->log, UM_LOG_DEBUG, "the applier is confined: %s", text);
}

static int begin(struct role *r)
{
    const char *scratch = arg(r, UM_ROLE_SCRATCH);
    int rv =
        scratch != NULL /* before there is anything that it need not have */
            ? um_keeper_begin(&r->keeper, scratch, &r->journal)
            : 0;

    um_logcap_init(&r->capped, &r->journal, um_poll_alarms(r->poll));
    r->log = &r->capped.log;
    if (rv == 0) {
        rv = um_shelter_open(&r->shelter, arg(r, UM_ROLE_STATE), r->log);
    }
    if (rv == 0) {
        rv = um_state_visit(&r->state, arg(r, UM_ROLE_STATE), r->log);
    }
    if (rv == 0) {
        rv = um_policy_file_read(&r->policy, arg(r, UM_ROLE_STATE),
                                 arg(r, UM_ROLE_POLICY), r->log);
    }
    if (rv != 0) {
        return rv; /* the log says why */
    }
    rv = make_unit(r);
    if (rv == 0) {
        rv = make_scratch(r);
    }
    if (rv == 0) {
        rv = make_agent(r);
    }
    if (rv == 0) {
        rv = make_keys(r);
    }
    if (rv == 0) {
        confine(r);
        watch(r);
    } else {
        um_log_line(r->log, UM_LOG_ERROR, "the applier cannot begin: %s",
                    p2p_err_text(rv));
    }
    return rv;
}

static void finish(struct role *r)
{
    um_keyserver_free(r->keys);
    um_agent_free(r->agent);
    um_unit_free(r->unit);
    um_applier_free(r->applier);
    um_unit_free(r->scratch.unit);
    um_applier_free(r->scratch.applier);
    um_keeper_end(&r->keeper);
    um_policy_file_fini(&r->policy);
    um_state_close(&r->state);
    um_shelter_close(&r->shelter);
    um_buf_fini(&r->out);
    if (r->poll != NULL) {
        um_logcap_fini(&r->capped);
    }
    um_poll_free(r->poll);
}

static void ignore_signals(void)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        (void)signal(numbers[i], SIG_IGN);
    }
}

/* Nobody types this: there are sockets, and nothing is missing. */
static bool is_called_well(int argc)
{
    struct stat st, ask;

    return argc == UM_ROLE_ARGS && fstat(UM_SPAWN_FD, &st) == 0 &&
           fstat(UM_SPAWN_ASK_FD, &ask) == 0 && S_ISSOCK(st.st_mode) &&
           S_ISSOCK(ask.st_mode);
}

int um_role_main(int argc, char **argv)
{
    struct role r = {.argv = argv,
                     .state = {.dir = -1, .lock = -1},
                     .shelter = UM_SHELTER_NONE};

    if (!is_called_well(argc)) {
        return 2;
    }
    ignore_signals();
    r.journal.level = (enum um_log_level)(argv[UM_ROLE_LOG_LEVEL][0] - '0');
    um_journal_open(&r.way, &r.journal,
                    (enum um_journal_format)(argv[UM_ROLE_LOG_FORMAT][0] - '0'),
                    UM_JOURNAL_SOCKET);
    um_journal_name(&r.way, argv[UM_ROLE_NAME]);
    r.poll = um_poll_new();
    if (r.poll == NULL || begin(&r) != 0) {
        r.rv = 1;
    } else if (um_poll_run(r.poll) != 0) {
        r.rv = 1;
    }
    finish(&r);
    um_journal_close(&r.way);
    return r.rv;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: settings, state folder, loop, bus, Unit, applier, article, REST,
 * then the loop runs until a signal; SIGTERM ends connections in order. What
 * cannot start is said in the log with its place, and the exit code is 1.
 */
#include "mesh/app/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p2p/p2p.h>

#include "mesh/app/gate.h"
#include "mesh/app/herald.h"
#include "mesh/app/logins.h"
#include "mesh/app/loglevel.h"
#include "mesh/app/peers.h"
#include "mesh/app/pid1.h"
#include "mesh/app/rights.h"
#include "mesh/app/role.h"
#include "mesh/app/routes.h"
#include "mesh/app/sockets.h"
#include "mesh/app/stdfiles.h"
#include "mesh/app/token.h"
#include "mesh/app/wait.h"
#include "mesh/app/witness.h"
#include "mesh/trust/revname.h"

#define MAX_BODY (8U * 1024U * 1024U)
/* How long a signal waits for Unit's answer to a change. */
#define DRAIN_MS 5000U
/* How long the end waits for the applier, which may wait for Unit so long; a
 * stand-in in this process answers nobody any more. */
#define PARTNER_MS  7000
#define EMBEDDED_MS 300

int um_daemon_rekey(struct um_daemon *d, bool forget)
{
    struct um_keys *keys = um_partner_keys(d->partner);
    int rv;

    um_bus_free(d->bus); /* it uses the key that goes */
    d->bus = NULL;
    rv = forget ? um_keys_leave(keys, true) : um_keys_succeed(keys);
    return um_peers_start(d) == 0 ? rv : -1;
}

/* Reads a small file; owned, or NULL. */
static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = f != NULL ? calloc(1, 65537) : NULL;

    if (text != NULL && fread(text, 1, 65536, f) == 0) {
        free(text);
        text = NULL;
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return text;
}

/* Starts the stand-in; its control API's address, or NULL. */
static const char *start_standin(struct um_daemon *d)
{
    const struct um_settings *s = &d->settings;
    char dir[600], control[160];
    char *modules = NULL;
    struct um_standin_uv_cfg cfg = {.control = control, .state = dir};
    int rv;

    if (s->unit_modules != NULL) {
        modules = read_file(s->unit_modules);
        if (modules == NULL) {
            um_log_line(&d->log, UM_LOG_ERROR,
                        "--unit-modules %s: cannot be read", s->unit_modules);
            return NULL;
        }
    }
    (void)snprintf(dir, sizeof dir, "%s/unit", s->state);
    (void)snprintf(
        control, sizeof control, "%s",
        s->unit_listen != NULL ? s->unit_listen : UM_SETTINGS_UNIT_LISTEN);
    cfg.any = s->bind;
    cfg.modules_json = modules;
    cfg.flavour = strcmp(s->unit_flavour, "freeunit") == 0 ? UM_STANDIN_FREEUNIT
                                                           : UM_STANDIN_UNIT;
    rv = um_standin_uv_new(&d->loop.uv, &cfg, &d->standin);
    free(modules);
    if (rv == P2P_EFORMAT && s->unit_modules != NULL) {
        um_log_line(&d->log, UM_LOG_ERROR,
                    "--unit-modules %s: must be JSON such as {\"python\": "
                    "{\"version\": \"3.11\", \"lib\": \"/python.unit.so\"}}",
                    s->unit_modules);
        return NULL;
    }
    if (rv != 0) {
        um_log_line(&d->log, UM_LOG_ERROR,
                    "the stand-in cannot start at %s: %s", control,
                    p2p_err_text(rv));
        return NULL;
    }
    um_log_line(&d->log, UM_LOG_WARN,
                "this Unit is a stand-in: it answers like one at %s and serves "
                "`return` and `share`, but runs no applications",
                um_standin_uv_control(d->standin));
    return um_standin_uv_control(d->standin);
}

static bool is_embedded(const struct um_daemon *d)
{
    return d->settings.unit != NULL &&
           strcmp(d->settings.unit, UM_ROLE_EMBEDDED) == 0;
}

/* The target of --unit, or the one that is found; not where a stand-in is. A
 * machine that starts may start us before its Unit: it is waited for then. */
static void find_unit(struct um_daemon *d)
{
    const char *found = d->settings.unit;
    bool there = true;

    if (found == NULL) {
        found = um_unit_find(&there);
    }
    if (!there && d->settings.article) {
        found = "http://127.0.0.1:8888"; /* as the article has it */
        there = true;
    }
    d->unit_awaited = !there;
    (void)snprintf(d->unit_target, sizeof d->unit_target, "%s",
                   strcmp(found, "none") != 0 ? found : "");
}

/* Starts the stand-in, and says where it is. */
static int embed_unit(struct um_daemon *d)
{
    const char *at = start_standin(d);

    if (at == NULL) {
        return -1;
    }
    (void)snprintf(d->unit_target, sizeof d->unit_target, "%s%s",
                   strncmp(at, "unix:", 5) == 0 ? "" : "http://", at);
    return 0;
}

static void on_left(void *user)
{
    struct um_daemon *d = user;

    uv_stop(&d->loop.uv);
}

/* Ends in order; a gateway that lets peers in is told. */
static void leave(struct um_daemon *d)
{
    (void)uv_timer_stop(&d->drain); /* Unit is waited for no more */
    if (d->bus == NULL || !um_bus_leave(d->bus, on_left, d)) {
        uv_stop(&d->loop.uv);
    }
}

/* The applier is gone, or it cannot be spoken with. */
static void on_partner_gone(void *user)
{
    struct um_daemon *d = user;

    um_log_line(&d->log, UM_LOG_ERROR,
                "ending: without its applier this node "
                "cannot reach Unit");
    d->failed = true;
    uv_stop(&d->loop.uv);
}

static bool is_applying(const struct um_daemon *d)
{
    struct um_applier_stats s = {0};

    if (d->partner != NULL) {
        um_hands_stats(um_partner_hands(d->partner), &s);
    } else if (d->applier != NULL) {
        um_applier_stats(d->applier, &s);
    }
    return s.busy;
}

/* A signal may wait for what Unit says. */
static void on_partner_heard(void *user)
{
    struct um_daemon *d = user;

    if (d->ending && !is_applying(d)) {
        leave(d);
    }
}

/* In the article's mode whoever is on the link chooses what runs here: there is
 * nothing to keep apart. */
static int start_guest_unit(struct um_daemon *d)
{
    const struct um_unit_cfg cfg = {.target = d->unit_target,
                                    .fetch = d->loop.fetch,
                                    .alarms = &d->loop.alarms,
                                    .log = &d->log};

    d->unit = um_unit_new(&cfg);
    d->applier = d->unit != NULL
                     ? um_applier_new(d->unit, &d->loop.alarms, &d->log)
                     : NULL;
    return d->applier != NULL ? 0 : -1;
}

static int start_partner(struct um_daemon *d)
{
    const struct um_partner_cfg cfg = {.loop = &d->loop.uv,
                                       .alarms = &d->loop.alarms,
                                       .spawn = &d->spawn,
                                       .log = &d->log,
                                       .heard = on_partner_heard,
                                       .gone = on_partner_gone,
                                       .user = d};

    d->partner = um_partner_new(&cfg);
    if (d->partner != NULL && is_embedded(d)) {
        um_hands_unit(um_partner_hands(d->partner), d->unit_target);
    }
    return d->partner != NULL ? 0 : -1;
}

static int start_unit(struct um_daemon *d)
{
    if (is_embedded(d) && embed_unit(d) != 0) {
        return -1;
    }
    if (d->unit_target[0] == '\0') {
        um_log_line(&d->log, UM_LOG_WARN,
                    "there is no Unit here, as --unit none says");
    } else if (d->unit_awaited) {
        um_log_line(&d->log, UM_LOG_WARN,
                    "no Unit found here yet: it is waited for at %s; --unit "
                    "names another place, or none",
                    d->unit_target);
    } else {
        um_log_line(&d->log, UM_LOG_INFO, "Unit is at %s", d->unit_target);
    }
    if (!d->settings.article) {
        return start_partner(d);
    }
    return d->unit_target[0] != '\0' ? start_guest_unit(d) : 0;
}

struct um_hands *um_daemon_hands(const struct um_daemon *d)
{
    return d->partner != NULL && d->unit_target[0] != '\0'
               ? um_partner_hands(d->partner)
               : NULL;
}

struct p2p_key *um_daemon_key(const struct um_daemon *d)
{
    return d->partner != NULL
               ? um_keys_get(um_partner_keys(d->partner), UM_KEYRING_NODE)
               : d->state.key;
}

struct p2p_key *um_daemon_owner(const struct um_daemon *d)
{
    return d->partner != NULL
               ? um_keys_get(um_partner_keys(d->partner), UM_KEYRING_OWNER)
               : NULL;
}

/* Serves one socket; NULL when it cannot. */
static struct um_serve *serve(struct um_daemon *d, int fd, bool local,
                              void (*handle)(void *, struct um_http_req *))
{
    const struct um_http_cfg cfg = {.fd = fd,
                                    .local = local,
                                    .max_body = MAX_BODY,
                                    .handle = handle,
                                    .said = um_witness_said,
                                    .user = d};
    struct um_http *http = um_http_new(&cfg);

    if (http == NULL) {
        (void)close(fd);
        return NULL;
    }
    return um_loop_serve(&d->loop, http);
}

/* The article's nodes expect http://HOST:8888/config; when Unit itself does
 * not listen there, we answer that one GET. */
static void start_facade(struct um_daemon *d)
{
    char at[64];
    int fd;

    (void)snprintf(at, sizeof at, "%s:%d",
                   d->settings.bind != NULL ? d->settings.bind : "0.0.0.0",
                   UM_ARTICLE_PORT);
    fd = um_socket_tcp(at);
    if (fd < 0) {
        um_log_line(&d->log, UM_LOG_INFO,
                    "port 8888 is taken: whoever listens there answers the "
                    "others' GET /config");
        return;
    }
    d->facade = serve(d, fd, false, um_routes_facade);
}

/* What the article's flow waits for, while the applier works. */
struct pulled {
    struct um_daemon *daemon;
    um_article_done *done;
    void *arg;
};

static void on_outcome(void *user, enum um_outcome outcome, const char *text)
{
    struct pulled *p = user;
    struct um_daemon *d = p->daemon;

    (void)text;
    p->done(p->arg, outcome == UM_APPLIED     ? UM_ARTICLE_APPLIED
                    : outcome == UM_UNCHANGED ? UM_ARTICLE_UNCHANGED
                                              : UM_ARTICLE_NOT);
    free(p);
    if (d->ending && !is_applying(d)) {
        leave(d);
    }
}

/* The article's flow hands a configuration to the applier. */
static void apply(void *user, const struct um_article_config *config,
                  um_article_done *done, void *arg)
{
    struct um_daemon *d = user;
    const struct um_intent intent = {
        .config = config->bytes, .len = config->len, .why = config->why};
    struct pulled *p = d->ending ? NULL : malloc(sizeof *p);

    if (p == NULL) {
        done(arg, UM_ARTICLE_NOT);
        return;
    }
    *p = (struct pulled){.daemon = d, .done = done, .arg = arg};
    um_applier_submit(d->applier, &intent, on_outcome, p);
}

static int start_article(struct um_daemon *d)
{
    const struct um_article_cfg cfg = {
        .bus = d->bus,
        .fetch = d->loop.fetch,
        .apply = d->applier != NULL ? apply : NULL,
        .apply_user = d,
        .alarms = &d->loop.alarms,
        .resolver = &d->loop.resolver,
        .log = &d->log};

    if (!d->settings.article) {
        return 0;
    }
    start_facade(d);
    d->article = um_article_new(&cfg);
    return d->article != NULL ? 0 : -1;
}

static int start_rest(struct um_daemon *d)
{
    const struct um_settings *s = &d->settings;
    int fd = um_socket_unix(
        s->control,
        (d->confined.changed || s->applier != NULL) && d->user.own_group);

    if (fd < 0) {
        um_log_line(&d->log, UM_LOG_ERROR, "REST socket %s: %s", s->control,
                    strerror(errno));
        return -1;
    }
    d->local_auth.local = true;
    d->local = serve(d, fd, true, um_routes_local);
    if (d->local == NULL) {
        return -1;
    }
    if (s->rest[0] == '\0') {
        um_log_line(&d->log, UM_LOG_INFO, "REST is at %s", s->control);
        return 0;
    }
    if (um_token_load(d->state.dir, d->remote_auth.token, &d->log) != 0) {
        return -1;
    }
    fd = um_socket_tcp(s->rest);
    if (fd < 0) {
        um_log_line(&d->log, UM_LOG_ERROR,
                    "REST cannot be at %s: %s; --rest names another place, or "
                    "none",
                    s->rest, strerror(errno));
        return -1;
    }
    um_socket_name(fd, d->settings.rest, sizeof d->settings.rest);
    um_logins_open(d);
    d->remote = serve(d, fd, false, um_routes_remote);
    um_log_line(&d->log, UM_LOG_INFO, "REST is at http://%s and %s", s->rest,
                s->control);
    return d->remote != NULL ? 0 : -1;
}

/* Without the article's protocol REST over TCP stays on this machine: there
 * is no TLS yet. */
static int check_rest(const struct um_daemon *d)
{
    const struct um_settings *s = &d->settings;

    if (s->article || s->rest[0] == '\0' || strncmp(s->rest, "127.", 4) == 0 ||
        strncmp(s->rest, "[::1]:", 6) == 0) {
        return 0;
    }
    um_log_line(
        &d->log, UM_LOG_ERROR,
        "--rest %s: other machines could read the token on its way; only "
        "addresses of this machine are served",
        s->rest);
    return -1;
}

static void on_drained(uv_timer_t *timer)
{
    const struct um_daemon *d = timer->data;

    um_log_line(&d->log, UM_LOG_WARN, "Unit has not answered: ending without");
    uv_stop(timer->loop);
}

/* A change that is on its way to Unit is waited for, once. */
static void on_signal(uv_signal_t *h, int signum)
{
    struct um_daemon *d = h->data;

    um_log_line(&d->log, UM_LOG_INFO, "%s: ending",
                signum == SIGTERM ? "SIGTERM" : "SIGINT");
    um_vigil_ending(&d->vigil);
    if (d->ending) { /* again: it takes too long */
        uv_stop(&d->loop.uv);
        return;
    }
    d->ending = true;
    if (!is_applying(d)) {
        leave(d);
        return;
    }
    um_log_line(&d->log, UM_LOG_INFO, "waiting for Unit's answer first");
    (void)uv_timer_start(&d->drain, on_drained, DRAIN_MS, 0);
}

static void start_signals(struct um_daemon *d)
{
    static const int numbers[] = {SIGTERM, SIGINT};

    (void)signal(SIGPIPE, SIG_IGN);
    (void)uv_timer_init(&d->loop.uv, &d->drain);
    d->drain.data = d;
    for (size_t i = 0; i < 2; i++) {
        (void)uv_signal_init(&d->loop.uv, &d->signals[i]);
        d->signals[i].data = d;
        (void)uv_signal_start(&d->signals[i], on_signal, numbers[i]);
    }
}

/* The article's mode trusts whoever is on the link: never beside authority. */
static int check_roster(const struct um_daemon *d)
{
    if (!d->settings.article || !um_state_has_roster(&d->state)) {
        return 0;
    }
    um_log_line(&d->log, UM_LOG_ERROR,
                "--article is refused: %s holds mesh.db, so this node belongs "
                "to a mesh with owners, and in the article's mode anybody on "
                "the link would choose its Unit's configuration",
                d->settings.state);
    return -1;
}

static int start_mesh(struct um_daemon *d)
{
    if (d->settings.article) {
        return 0;
    }
    if (um_mesh_open(d) != 0) {
        return -1;
    }
    if (d->mesh.node == NULL) {
        um_log_line(&d->log, UM_LOG_INFO,
                    "in no mesh yet: `unitmesh init` begins one, `unitmesh "
                    "join CODE` goes into one; until then no Unit is changed");
    }
    um_joinfile_begin(d);
    um_detours_begin(d);
    return 0;
}

static void find_name(struct um_daemon *d)
{
    if (gethostname(d->host_name, sizeof d->host_name - 1) != 0 ||
        d->host_name[0] == '\0') {
        (void)snprintf(d->host_name, sizeof d->host_name, "node");
    }
}

/* How it is, in a few words. */
static void tell(void *user, char text[UM_VIGIL_TEXT])
{
    const struct um_daemon *d = user;
    struct um_node *n = d->mesh.node;
    const struct um_past *p = n != NULL
                                  ? um_view_target(&um_node_model(n)->view,
                                                   &um_node_model(n)->history)
                                  : NULL;
    char name[UM_REVNAME_TEXT_MAX] = "";

    if (p != NULL) {
        (void)um_revname_text(p->rev.number, &p->rev.id, UM_REVNAME_DIGITS,
                              name);
    }
    (void)snprintf(text, UM_VIGIL_TEXT, "%s%s, %zu connections",
                   d->settings.article ? "the article's mode"
                   : n == NULL         ? "in no mesh"
                                       : "in a mesh, current: ",
                   n != NULL && p == NULL ? "nothing yet" : name,
                   um_bus_connected(d->bus));
}

static int start(struct um_daemon *d)
{
    um_audit_open(&d->audit, d->state.dir, &d->log);
    if (check_roster(d) != 0 || check_rest(d) != 0 ||
        p2p_loop_adopt(&d->loop.uv, &d->p2p) != 0) {
        return -1;
    }
    um_log_line(&d->log, UM_LOG_INFO, "unitmesh %s, state in %s%s%s",
                P2P_VERSION, d->settings.state,
                d->settings.given.file[0] != '\0' ? ", settings in " : "",
                d->settings.given.file);
    start_signals(d);
    d->started_ms = d->loop.alarms.now_ms(d->loop.alarms.user);
    if (start_unit(d) != 0 || um_peers_start(d) != 0 ||
        um_herald_start(d) != 0 || start_article(d) != 0 ||
        start_mesh(d) != 0 || start_rest(d) != 0) {
        return -1;
    }
    return um_vigil_start(&d->vigil, &d->loop.uv, tell, d);
}

static void stop(struct um_daemon *d)
{
    /* A change at Unit was waited for already, or nobody wants to. */
    int wait_ms = is_applying(d)   ? 0
                  : is_embedded(d) ? EMBEDDED_MS
                                   : PARTNER_MS;

    um_vigil_ending(&d->vigil);
    um_loglevel_stop(d);
    um_wait_end_all(d);
    um_joinfile_end(d);
    um_detours_end(d);
    um_addrbook_end(d);
    um_mesh_close(d);
    um_herald_stop(d);
    um_expiry_fini(&d->expiry);
    um_unit_free(d->unit);
    um_applier_free(d->applier);
    um_loop_unserve(d->facade);
    um_loop_unserve(d->remote);
    um_loop_unserve(d->local);
    if (d->local != NULL) {
        (void)unlink(d->settings.control);
    }
    um_article_free(d->article);
    um_bus_free(d->bus);
    um_partner_free(d->partner); /* its keys are the bus's */
    d->partner = NULL;
    (void)um_spawn_end(&d->spawn, wait_ms);
    if (d->standin != NULL) {
        um_standin_uv_close(d->standin, NULL, NULL);
    }
    for (size_t i = 0; d->p2p != NULL && i < 2; i++) {
        uv_close((uv_handle_t *)&d->signals[i], NULL);
    }
    if (d->p2p != NULL) {
        uv_close((uv_handle_t *)&d->drain, NULL);
    }
    um_audit_close(&d->audit);
    um_vigil_stop(&d->vigil);
    p2p_loop_free(d->p2p);
    um_loop_fini(&d->loop);
}

/* Opens the state folder, before an applier begins that would wait for that of
 * another daemon. What is made there is his whom we become. In a mesh the
 * applier has the keys. */
static int hold(struct um_daemon *d)
{
    struct um_user self;
    int rv;

    um_user_self(&self);
    um_user_files(&d->user);
    rv = d->settings.article
             ? um_state_open(&d->state, d->settings.state, &d->log)
             : um_state_hold(&d->state, d->settings.state, &d->log);
    um_user_files(&self);
    return rv;
}

/* Comes to the applier that others have started, which shares the state folder
 * with us and says what Unit there is. */
static int meet(struct um_daemon *d)
{
    const struct um_gate gate = {d->settings.applier, P2P_VERSION, &d->log};
    int fds[2];

    if (gate.at == NULL) {
        return 0;
    }
    if (um_gate_call(&gate, fds, d->unit_target) != 0) {
        return -1;
    }
    d->spawn.fd = fds[0];
    d->spawn.ask_fd = fds[1];
    d->unit_awaited = false; /* whether it is there the applier says */
    return 0;
}

/* What is done while we still may all: the applier begins, and then what is not
 * needed here is given up. */
static int prepare(struct um_daemon *d)
{
    const struct um_partner_told told = {.settings = &d->settings,
                                         .unit = d->unit_target,
                                         .name = um_mesh_name(d),
                                         .apart = d->user.uid != geteuid()};

    if (um_logins_tokens(d) != 0) {
        return -1;
    }
    return d->settings.article || d->settings.applier != NULL
               ? 0
               : um_partner_start(&d->spawn, &told, &d->log);
}

/* As one who may no more than is needed. The exit code. */
static int run(struct um_daemon *d)
{
    int rv = 1;

    if (um_rights_drop(d) != 0 || um_loop_init(&d->loop) != 0) {
        return 1;
    }
    um_prober_init(&d->prober, d->loop.fetch);
    if (start(d) == 0) {
        (void)uv_run(&d->loop.uv, UV_RUN_DEFAULT);
        rv = d->failed ? 1 : 0;
    }
    stop(d);
    return rv;
}

int um_daemon_main(int argc, char **argv)
{
    struct um_daemon *d = calloc(1, sizeof *d);
    int rv;

    if (d == NULL || um_stdfiles_fill() != 0) {
        free(d);
        return 1;
    }
    rv = um_settings_parse(&d->settings, argc, argv);
    if (rv != 0) {
        free(d);
        return rv == 1 ? 0 : rv;
    }
    d->log.level = (enum um_log_level)d->settings.log_level;
    um_journal_open(&d->journal, &d->log,
                    (enum um_journal_format)d->settings.log_format,
                    UM_JOURNAL_SOCKET);
    d->settings.log_format = (int)d->journal.format; /* the applier's, too */
    rv = 1;
    um_pid1_signals();
    um_notify_open(&d->vigil.notify, &d->log);
    find_name(d);
    um_journal_name(&d->journal, um_mesh_name(d));
    find_unit(d);
    if (um_rights_prepare(d) == 0 && meet(d) == 0 && hold(d) == 0) {
        if (prepare(d) == 0) {
            rv = run(d);
        }
        (void)um_spawn_end(&d->spawn, EMBEDDED_MS);
        um_state_close(&d->state);
    }
    um_notify_close(&d->vigil.notify);
    um_journal_close(&d->journal);
    um_settings_fini(&d->settings);
    free(d);
    return rv;
}

const char *um_daemon_version(void)
{
    return P2P_VERSION;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See mesh.h. Both ways into a mesh: Unit is asked what it runs, which is kept;
 * what makes the place goes into a new store in one batch; then the node
 * begins. When that fails the store goes, and all is as before.
 */
#include "mesh/app/mesh.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "mesh/app/beside.h"
#include "mesh/app/daemon.h"
#include "mesh/app/replace.h"
#include "mesh/app/wait.h"
#include "mesh/app/witness.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "mesh/node/founder.h"
#include "mesh/node/random.h"

/* What a Unit has that nobody has configured. */
#define BLANK "{\"listeners\":{},\"routes\":[],\"applications\":{}}"

/* A mesh that is being begun, or asked to be let into. */
struct um_mesh_asking {
    bool joins;
    bool pending; /* it is put down: an owner has to approve */
    char name[UM__CAP_SET_NAME_BYTES + 1];
    struct um_code code;
    struct um_name mesh;
    unsigned roles;
    struct um_buf statements;
    struct um_beside beside; /* certificates and scripts of a new mesh */
    struct um_buf config;    /* what Unit runs, while it is asked for scripts */
    um_mesh_done *done;
    void *user;
};

static uint64_t wall_ms(void *user)
{
    struct timeval t;

    (void)user;
    (void)gettimeofday(&t, NULL);
    return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_usec / 1000U;
}

uint64_t um_mesh_wall_ms(void)
{
    return wall_ms(NULL);
}

const char *um_mesh_name(const struct um_daemon *d)
{
    return d->settings.name != NULL ? d->settings.name : d->host_name;
}

static void broken(void *user, const char *text)
{
    struct um_daemon *d = user;

    um_log_line(&d->log, UM_LOG_ERROR, "ending: %s", text);
    d->failed = true;
    uv_stop(&d->loop.uv);
}

static void told(void *user, const char *event, const char *about,
                 const char *text)
{
    struct um_daemon *d = user;
    const struct um_happening what = {event, um_str(about), um_str(text)};

    um_events_add(d->events, wall_ms(NULL), &what);
}

static int store_path(const struct um_daemon *d, char *path, size_t cap)
{
    return snprintf(path, cap, "%s/mesh.db", d->settings.state) < (int)cap ? 0
                                                                           : -1;
}

/* Begins to be a node of the mesh in the open store. */
static int start_node(struct um_daemon *d)
{
    const struct um_node_cfg cfg = {
        .key = um_daemon_key(d),
        .owner = um_daemon_owner(d),
        .old = um_keys_get(um_partner_keys(d->partner), UM_KEYRING_OLD),
        .store = &d->mesh.store,
        .bus = d->bus,
        .hands = um_partner_hands(d->partner),
        .bare = um_daemon_hands(d) == NULL,
        .alarms = &d->loop.alarms,
        .worker = &d->loop.worker,
        .prober = &d->prober,
        .wall_ms = wall_ms,
        .log = &d->log,
        .name = um_mesh_name(d),
        .version = um_daemon_version(),
        .drift = (enum um_drift_policy)d->settings.drift,
        .speed = d->settings.test_speed,
        .broken = broken,
        .told = told,
        .heard = um_witness_heard,
        .user = d,
    };
    int rv = um_node_new(&cfg, &d->mesh.node);
    char mesh[UM_NAME_TEXT_MAX];

    if (rv != 0) {
        um_log_line(&d->log, UM_LOG_ERROR, "cannot be a node: %s",
                    p2p_err_text(rv));
        return -1;
    }
    um_log_line(&d->log, UM_LOG_INFO, "a node of mesh %.16s",
                um_name_text(&um_node_model(d->mesh.node)->cfg.mesh, mesh));
    if (cfg.speed > 1) {
        um_log_line(&d->log, UM_LOG_WARN,
                    "spans are divided by %u, which is for tests", cfg.speed);
    }
    return 0;
}

/* A store that is not for this daemon: who wrote it, and what to do. */
static void say_newer(struct um_daemon *d)
{
    char wrote[UM_STATE_VERSION];

    um_state_wrote(&d->state, wrote);
    um_log_line(&d->log, UM_LOG_ERROR,
                "unitmesh %s wrote it, this is %s, and nothing was changed: "
                "start that one again, or this one on a copy of the state "
                "folder from before it",
                wrote[0] != '\0' ? wrote : "of a later version",
                um_daemon_version());
}

static int open_store(struct um_daemon *d, enum um_store_mode mode)
{
    char path[600];
    int rv = store_path(d, path, sizeof path);

    if (rv == 0) {
        rv = um_store_open(&d->mesh.store, path, mode);
    }
    if (rv != 0) {
        um_log_line(&d->log, UM_LOG_ERROR, "the store: %s", d->mesh.store.text);
        if (d->mesh.store.trouble == UM_STORE_NEWER) {
            say_newer(d);
        }
        return -1;
    }
    um_state_note_wrote(&d->state, um_daemon_version());
    d->mesh.open = true;
    return 0;
}

static void close_store(struct um_daemon *d)
{
    if (d->mesh.open) {
        um_store_close(&d->mesh.store);
        d->mesh.open = false;
    }
}

int um_mesh_open(struct um_daemon *d)
{
    if (!um_state_has_roster(&d->state)) {
        return 0;
    }
    if (open_store(d, UM_STORE_EXISTING) != 0) {
        return -1;
    }
    um_replace_watch(d);
    return start_node(d);
}

static void asking_free(struct um_daemon *d)
{
    struct um_mesh_asking *a = d->mesh.asking;

    d->mesh.asking = NULL;
    um_knock_free(d->mesh.knock);
    d->mesh.knock = NULL;
    if (a != NULL) {
        um_buf_fini(&a->statements);
        um_buf_fini(&a->config);
        um_beside_fini(&a->beside);
        explicit_bzero(&a->code, sizeof a->code);
        free(a);
    }
}

/* Ends what is being asked, and tells of it. */
static void tell(struct um_daemon *d, const struct um_mesh_outcome *outcome)
{
    um_mesh_done *done = d->mesh.asking->done;
    void *user = d->mesh.asking->user;

    asking_free(d);
    done(user, outcome);
}

static void fail(struct um_daemon *d, unsigned status, const char *text)
{
    const struct um_mesh_outcome o = {.status = status, .text = text};

    tell(d, &o);
}

void um_mesh_close(struct um_daemon *d)
{
    um_replace_rest(d);
    um_node_free(d->mesh.node);
    d->mesh.node = NULL;
    if (d->mesh.asking != NULL) {
        fail(d, 503, "the daemon is ending");
    }
    close_store(d);
}

/* Puts the store out of the way, or removes all of the mesh. */
static int put_aside(struct um_daemon *d, bool purge)
{
    char path[600], left[sizeof path + 8];

    if (store_path(d, path, sizeof path) != 0) {
        return -1;
    }
    (void)snprintf(left, sizeof left, "%s.left", path);
    um_state_forget_wrote(&d->state);
    if (!purge) {
        return rename(path, left);
    }
    (void)unlink(left);
    return um_store_remove(path);
}

int um_mesh_leave(struct um_daemon *d, bool purge)
{
    int rv, bound;

    um_detours_leave(d);
    um_wait_end_all(d);
    um_node_free(d->mesh.node);
    d->mesh.node = NULL;
    um_replace_rest(d);
    close_store(d);
    bound = um_keys_leave(um_partner_keys(d->partner), false);
    rv = put_aside(d, purge);
    um_addrbook_forget(d);
    um_bus_recheck(d->bus);
    um_log_line(&d->log, rv == 0 ? UM_LOG_INFO : UM_LOG_ERROR,
                rv == 0 ? "this node left its mesh"
                        : "this node left its mesh, but mesh.db is still in "
                          "the state folder: remove it");
    return rv == 0 && bound != 0 ? 1 : rv;
}

int um_mesh_forget(struct um_daemon *d)
{
    int rv = um_daemon_rekey(d, true);

    if (d->bus == NULL) {
        broken(d, "it cannot go on under another key");
    }
    return rv;
}

void um_mesh_succeed(struct um_daemon *d)
{
    um_log_line(&d->log, UM_LOG_INFO, "this node takes its next key");
    um_wait_end_all(d);
    um_node_free(d->mesh.node);
    d->mesh.node = NULL;
    if (um_daemon_rekey(d, false) != 0 || start_node(d) != 0) {
        broken(d, "it cannot go on under its next key");
    }
}

void um_mesh_up(struct um_daemon *d, const struct p2p_peer_id *peer)
{
    if (d->mesh.node != NULL) {
        um_node_up(d->mesh.node, peer);
    }
    if (d->mesh.knock != NULL) {
        um_knock_up(d->mesh.knock, peer);
    }
}

void um_mesh_down(struct um_daemon *d, const struct p2p_peer_id *peer)
{
    if (d->mesh.node != NULL) {
        um_node_down(d->mesh.node, peer);
    }
}

bool um_mesh_may(struct um_daemon *d, const struct p2p_peer_id *peer)
{
    return d->mesh.node == NULL || um_node_hears(d->mesh.node, peer);
}

/* The place where this node waited to be approved goes for another one, which
 * is sure by now. false: it was told why it does not. */
static bool make_room(struct um_daemon *d)
{
    if (d->mesh.node == NULL) {
        return true;
    }
    if (!um_mesh_waits(d)) {
        fail(d, 409, "this node was let in meanwhile where it waited before");
        return false;
    }
    if (um_mesh_leave(d, true) < 0) {
        fail(d, 500, "the place where this node waits cannot be given up");
        return false;
    }
    return true;
}

/* The first document: what Unit runs, for all. */
static int make_document(struct um_str config, struct um_beside *beside,
                         struct um_buf *out, const char **why)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v;
    int rv = um_doc_parse(config, &a, &v, NULL);

    *why = "what Unit runs cannot be read";
    if (rv == 0) {
        *why = um_beside_lacks(beside, &v);
        rv = *why != NULL ? P2P_ESTATE : 0;
    }
    if (rv == 0) {
        um_buf_text(out, "{\"base\":");
        rv = um_doc_print(out, &v);
        um_buf_text(out, "}");
    }
    um_arena_fini(&a);
    return rv == 0 && um_buf_failed(out) ? P2P_ENOMEM : rv;
}

/* A store that came to nothing; one that was there before is left alone. */
static void undo(struct um_daemon *d, int rv)
{
    char path[600];

    close_store(d);
    (void)um_keys_leave(um_partner_keys(d->partner), false);
    if (rv != P2P_EEXIST && store_path(d, path, sizeof path) == 0) {
        (void)um_store_remove(path);
    }
}

/* The recovery key: its seed is shown, and kept nowhere. */
static int make_recovery(struct p2p_key **key, struct um_buf *text)
{
    uint8_t seed[UM_CODE_SEED_BYTES];
    int rv = um_random_fill(seed, sizeof seed);

    if (rv == 0) {
        rv = p2p_key_from_seed(seed, key);
    }
    if (rv == 0) {
        rv = um_code_put_seed(seed, text);
    }
    um_buf_byte(text, '\0');
    explicit_bzero(seed, sizeof seed);
    return rv;
}

static void found(struct um_daemon *d, struct um_str config)
{
    struct um_mesh_asking *a = d->mesh.asking;
    struct um_buf document = UM_BUF_INIT, recovery = UM_BUF_INIT;
    struct p2p_key *paper = NULL;
    struct um_mesh_outcome o = {.status = 500, .replaced = config};
    char lack[sizeof a->beside.lack];
    struct um_founder_plan plan = {.key = um_daemon_key(d),
                                   .name = um_str(a->name),
                                   .config = config,
                                   .wall_ms = wall_ms(NULL)};
    int rv = make_document(config.p != NULL ? config : UM_STR(BLANK),
                           &a->beside, &document, &o.text);

    if (rv != 0) {
        (void)snprintf(lack, sizeof lack, "%s", o.text);
        o.text = lack; /* it is freed with what is asked for */
        o.status = rv == P2P_ESTATE ? 409 : 500;
    } else if (um_keys_make(um_partner_keys(d->partner), UM_KEYRING_OWNER) !=
                   0 ||
               make_recovery(&paper, &recovery) != 0 ||
               open_store(d, UM_STORE_CREATE) != 0) {
        o.text = "a mesh cannot be begun: the log says why";
    } else {
        plan.owner = um_daemon_owner(d);
        plan.recovery = paper;
        plan.document = um_buf_view(&document);
        plan.parts = a->beside.parts;
        plan.parts_n = a->beside.n;
        rv = um_founder_begin(&d->mesh.store, &plan, &o.mesh);
        if (rv != 0 || start_node(d) != 0) {
            undo(d, rv);
            o.text = rv == P2P_EINVAL ? "a mesh cannot have this name"
                                      : "a mesh cannot be begun";
            o.status = rv == P2P_EINVAL ? 400 : 500;
        } else {
            o.status = 200;
            o.recovery = recovery.p;
            o.roles = UM_WRITER | UM_NODE;
            o.text = "";
        }
    }
    p2p_key_free(paper);
    tell(d, &o);
    if (recovery.p != NULL) {
        explicit_bzero(recovery.p, recovery.len);
    }
    um_buf_fini(&recovery);
    um_buf_fini(&document);
}

static void begin(struct um_daemon *d, struct um_str config)
{
    if (make_room(d)) {
        found(d, config);
    }
}

static void each_up(void *user, const struct um_bus_peer *peer)
{
    if (peer->connected) {
        um_mesh_up(user, &peer->id);
    }
}

/* It was let in: the place is kept, and taken. */
static void settle(struct um_daemon *d, struct um_str config)
{
    struct um_mesh_asking *a = d->mesh.asking;
    const struct um_founder_place place = {
        .mesh = a->mesh,
        .statements = um_buf_view(&a->statements),
        .config = config,
        .wall_ms = wall_ms(NULL)};
    struct um_mesh_outcome o = {.status = 500,
                                .text = "the place in the mesh cannot be kept",
                                .mesh = a->mesh,
                                .roles = a->roles,
                                .replaced = config};

    if (!make_room(d)) {
        return;
    }
    if (open_store(d, UM_STORE_CREATE) == 0) {
        int rv = um_founder_join(&d->mesh.store, &place);

        if (rv != 0 || start_node(d) != 0) {
            undo(d, rv);
        } else {
            o.status = a->pending ? 202 : 200;
            o.text = a->pending ? "an owner has to approve this node" : "";
            um_bus_peers(d->bus, each_up, d);
        }
    }
    tell(d, &o);
}

/* Scripts come by GET; a Unit without JavaScript has none. */
static void on_scripts(void *user, const struct um_unit_answer *answer)
{
    struct um_daemon *d = user;
    struct um_mesh_asking *a = d->mesh.asking;

    if (a == NULL) {
        return; /* the daemon is ending */
    }
    if (answer->status == UM_UNIT_OK &&
        !um_beside_scripts(&a->beside, um_str_n(answer->body, answer->len))) {
        fail(d, 502, "Unit's scripts cannot be read");
    } else if (um_buf_failed(&a->config)) {
        fail(d, 500, "out of memory");
    } else {
        struct um_buf config = a->config; /* longer than what is asked for */

        a->config = (struct um_buf)UM_BUF_INIT;
        begin(d, um_buf_view(&config));
        um_buf_fini(&config);
    }
}

static void on_config(void *user, const struct um_unit_answer *answer)
{
    struct um_daemon *d = user;
    char text[sizeof d->unit_target + 400];

    if (d->mesh.asking == NULL) {
        return; /* the daemon is ending */
    }
    if (answer->status != UM_UNIT_OK) {
        (void)snprintf(text, sizeof text,
                       "Unit at %s does not say what it runs: %.200s; is it "
                       "running? `unitmesh run --unit` names another one, or "
                       "none",
                       d->unit_target, answer->text);
        fail(d, 502, text);
        return;
    }
    if (d->mesh.asking->joins) {
        settle(d, um_str_n(answer->body, answer->len));
    } else {
        um_buf_add(&d->mesh.asking->config, answer->body, answer->len);
        um_hands_get(um_daemon_hands(d), "/js_modules", on_scripts, d);
    }
}

/* Asks Unit what it runs, if there is one, and goes on. */
static void ask_unit(struct um_daemon *d)
{
    struct um_hands *hands = um_daemon_hands(d);

    if (hands != NULL) {
        um_hands_get(hands, "/config", on_config, d);
    } else if (d->mesh.asking->joins) {
        settle(d, um_str_n(NULL, 0));
    } else {
        begin(d, um_str_n(NULL, 0));
    }
}

bool um_mesh_waits(const struct um_daemon *d)
{
    return d->mesh.node != NULL &&
           um_roster_ever(&um_node_model(d->mesh.node)->roster,
                          um_node_me(d->mesh.node)) == 0;
}

/* Why no mesh can be begun or joined now; NULL: it can. */
static const char *objection(const struct um_daemon *d)
{
    if (d->settings.article) {
        return "this daemon speaks the article's protocol: start it without "
               "--article";
    }
    if (d->mesh.node != NULL && !um_mesh_waits(d)) {
        return "this node is in a mesh already";
    }
    if (d->mesh.asking != NULL) {
        return "this node is asking to be let in already";
    }
    return d->mesh.node == NULL && um_state_has_roster(&d->state)
               ? "the state folder has got a mesh.db since this daemon "
                 "started: start it again to be a node of that mesh"
               : NULL;
}

/* What is asked for from now on; NULL: it was told why not. */
static struct um_mesh_asking *ask(struct um_daemon *d, um_mesh_done *done,
                                  void *user)
{
    struct um_mesh_outcome o = {.status = 409, .text = objection(d)};
    struct um_mesh_asking *a = o.text == NULL ? calloc(1, sizeof *a) : NULL;

    if (a == NULL) {
        o.text = o.text != NULL ? o.text : "out of memory";
        done(user, &o);
        return NULL;
    }
    a->done = done;
    a->user = user;
    d->mesh.asking = a;
    return a;
}

void um_mesh_begin(struct um_daemon *d, struct um_str name,
                   const struct um_val *certs, um_mesh_done *done, void *user)
{
    const struct um_mesh_outcome long_name = {
        .status = 400, .text = "the name is longer than 255 bytes"};
    struct um_mesh_asking *a;

    if (name.len > UM__CAP_SET_NAME_BYTES) {
        done(user, &long_name);
        return;
    }
    a = ask(d, done, user);
    if (a != NULL) {
        if (name.len > 0) {
            memcpy(a->name, name.p, name.len);
        }
        if (um_beside_certificates(&a->beside, certs)) {
            ask_unit(d);
        } else {
            fail(d, 400,
                 "\"certificates\" has a chain and its key, as PEM, "
                 "under each name");
        }
    }
}

/* Nobody took it in; where it waits, it waits on. */
static void not_taken(struct um_daemon *d, const char *why)
{
    char text[320];

    (void)snprintf(text, sizeof text, "%s%s", why,
                   um_mesh_waits(d) ? "; this node waits on to be approved "
                                      "where it asked before"
                                    : "");
    fail(d, 403, text);
}

/* Also who has to be approved has a place from now on, without a role: it syncs
 * with whoever is connected, and that is how the GRANT comes. */
static void on_knocked(void *user, const struct um_knock_result *r)
{
    struct um_daemon *d = user;
    struct um_mesh_asking *a = d->mesh.asking;

    if (!r->welcome && !r->pending) {
        not_taken(d, r->text);
        return;
    }
    a->mesh = r->mesh;
    a->roles = r->roles;
    a->pending = r->pending;
    um_buf_str(&a->statements, r->statements);
    if (um_buf_failed(&a->statements)) {
        fail(d, 500, "out of memory");
        return;
    }
    ask_unit(d);
}

static void wrong_code(struct um_daemon *d, const struct um_bech32_error *err)
{
    char text[96] = "this is no join code";

    if (err->wrong == UM_BECH32_VERSION) {
        (void)snprintf(text, sizeof text,
                       "the code is of a later version than this daemon");
    } else if (err->at != SIZE_MAX) {
        (void)snprintf(text, sizeof text, "the code is wrong at its letter %zu",
                       err->at + 1);
    } else if (err->wrong == UM_BECH32_CHECKSUM) {
        (void)snprintf(text, sizeof text, "the code is not as it was printed");
    }
    fail(d, 400, text);
}

void um_mesh_join(struct um_daemon *d, struct um_str code, const char *peer,
                  um_mesh_done *done, void *user)
{
    struct um_bech32_error err;
    struct um_mesh_asking *a;
    struct um_knock_cfg cfg = {.bus = d->bus,
                               .alarms = &d->loop.alarms,
                               .log = &d->log,
                               .peer = peer,
                               .name = um_str(um_mesh_name(d)),
                               .done = on_knocked,
                               .user = d};

    a = ask(d, done, user);
    if (a == NULL) {
        return;
    }
    a->joins = true;
    if (code.p != NULL && um_code_get(code, &a->code, &err) != 0) {
        wrong_code(d, &err);
        return;
    }
    cfg.code = code.p != NULL ? &a->code : NULL;
    if (um_item_signer(um_daemon_key(d), &cfg.me) != 0) {
        fail(d, 409, "node.key is no Ed25519 key: a member needs one");
        return;
    }
    d->mesh.knock = um_knock_new(&cfg);
    if (d->mesh.knock == NULL) {
        fail(d, 500, "out of memory");
    }
}

void um_mesh_import(struct um_daemon *d, const struct um_name *mesh,
                    struct um_str genesis, um_mesh_done *done, void *user)
{
    struct um_mesh_asking *a = ask(d, done, user);

    if (a == NULL) {
        return;
    }
    a->joins = a->pending = true;
    a->mesh = *mesh;
    um_pb_put_str(&a->statements, 1, genesis);
    if (um_buf_failed(&a->statements)) {
        fail(d, 500, "out of memory");
    } else {
        ask_unit(d);
    }
}

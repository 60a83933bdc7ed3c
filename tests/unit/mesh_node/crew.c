/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See crew.h. */
#include "crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesh/base/pb.h"
#include "mesh/node/founder.h"
#include "mesh/trust/peer.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "unit.h"

/* ---- what a node is made of */

static uint64_t wall_ms(void *user)
{
    const struct mate *m = user;

    return CREW_T0 + m->crew->world.now;
}

static void broken(void *user, const char *text)
{
    struct mate *m = user;

    assert_true(strlen(text) > 0);
    m->broken++;
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct mate *m = user;
    size_t len = strlen(m->lines);

    (void)level;
    (void)snprintf(m->lines + len, sizeof m->lines - len, "%s\n", line);
}

unsigned mate_said(const struct mate *m, const char *text)
{
    unsigned n = 0;

    for (const char *at = m->lines; (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

bool mate_write(struct mate *m)
{
    void (*done)(void *arg) = m->done;

    if (done == NULL)
        return false;
    m->work(m->arg);
    m->done = NULL;
    done(m->arg);
    return true;
}

static void on_turn(void *arg)
{
    struct mate *m = arg;

    m->turn = NULL;
    (void)mate_write(m);
}

static int run(void *user, void (*work)(void *arg), void (*done)(void *arg),
               void *arg)
{
    struct mate *m = user;
    const struct um_alarms *a = &m->crew->world.port;

    assert_null(m->done);
    m->work = work;
    m->done = done;
    m->arg = arg;
    if (!m->held)
        m->turn = a->set(a->user, 0, on_turn, m);
    return m->held || m->turn != NULL ? 0 : P2P_ENOMEM;
}

static void on_up(void *user, const struct p2p_peer_id *peer)
{
    struct mate *m = user;

    if (m->node != NULL)
        um_node_up(m->node, peer);
}

static void on_down(void *user, const struct p2p_peer_id *peer)
{
    struct mate *m = user;

    if (m->node != NULL)
        um_node_down(m->node, peer);
}

/* ---- in the place of the bus, beside bus_rig.c */

void um_bus_recheck(struct um_bus *bus)
{
    (void)bus;
}

int um_bus_dial(struct um_bus *bus, const char *addr, p2p_dial_done done,
                void *user)
{
    (void)bus;
    (void)addr;
    (void)done;
    (void)user;
    return P2P_ENOTSUP;
}

bool um_bus_is_up(const struct um_bus *bus, const struct p2p_peer_id *peer)
{
    for (size_t i = 0; i < bus->w->n; i++) {
        if (bus->up[i] && p2p_peer_id_equal(&bus->w->buses[i].id, peer))
            return true;
    }
    return false;
}

int p2p_stream_binding(const struct p2p_stream *stream,
                       uint8_t out[P2P_BINDING_BYTES])
{
    (void)stream;
    memset(out, 0, P2P_BINDING_BYTES);
    return P2P_ESTATE;
}

/* ---- nodes */

int mate_try(struct mate *m)
{
    struct crew *c = m->crew;
    const struct um_node_cfg cfg = {
        .key = c->keys[m->no],
        .owner = m->no == 0 ? c->keys[KEY_OWNER] : NULL,
        .store = &m->store,
        .bus = m->bus,
        .hands = m->hands,
        .alarms = &c->world.port,
        .worker = &m->worker,
        .prober = m->prober,
        .wall_ms = wall_ms,
        .log = &m->log,
        .name = m->no == 0 ? "first" : "mate",
        .drift = m->drift,
        .broken = broken,
        .user = m,
    };
    int rv;

    assert_null(m->node);
    rv = um_node_new(&cfg, &m->node);
    assert_true((m->node != NULL) == (rv == 0));
    for (unsigned i = 0; rv == 0 && i < c->n; i++) {
        if (m->bus->up[i])
            um_node_up(m->node, &c->mates[i].bus->id);
    }
    return rv;
}

void mate_start(struct mate *m)
{
    if (mate_try(m) != 0)
        fail_msg("%s", m->lines);
}

void mate_stop(struct mate *m)
{
    const struct um_alarms *a = &m->crew->world.port;

    um_node_free(m->node);
    m->node = NULL;
    m->bus->on_stream = NULL; /* nobody serves any more */
    a->clear(a->user, m->turn);
    m->turn = NULL;
    (void)mate_write(m); /* the worker tells what it was given */
}

void mate_store(struct crew *c, struct mate *m)
{
    const char *tmp = getenv("TMPDIR");

    m->crew = c;
    (void)snprintf(m->folder, sizeof m->folder, "%.40s/um-crew-XXXXXX",
                   tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(m->folder));
    (void)snprintf(m->path, sizeof m->path, "%s/mesh.db", m->folder);
    if (um_store_open(&m->store, m->path, UM_STORE_CREATE) != 0)
        fail_msg("%s", m->store.text);
}

/* A mate on the bus, with an empty store. */
static struct mate *mate_new(struct crew *c)
{
    struct mate *m = &c->mates[c->n];

    assert_true(c->n < CREW_MATES);
    m->no = c->n++;
    mate_store(c, m);
    m->bus = world_add(&c->world, &c->names[m->no]);
    m->bus->on_up = on_up;
    m->bus->on_down = on_down;
    m->bus->user = m;
    m->worker = (struct um_worker){m, run};
    m->log = (struct um_log){.level = UM_LOG_DEBUG, .user = m, .sink = sink};
    um_policy_default(&m->policy);
    return m;
}

struct crew *crew_new(void)
{
    struct crew *c = calloc(1, sizeof *c);

    assert_non_null(c);
    world_init(&c->world);
    for (unsigned i = 0; i < CREW_KEYS; i++) {
        uint8_t seed[32] = {(uint8_t)(i + 1), 'c'};

        assert_int_equal(p2p_key_from_seed(seed, &c->keys[i]), 0);
        assert_int_equal(um_item_signer(c->keys[i], &c->names[i]), 0);
    }
    return c;
}

void crew_free(struct crew *c)
{
    for (unsigned i = 0; i < c->n; i++) {
        struct mate *m = &c->mates[i];

        mate_stop(m);
        um_store_close(&m->store);
        assert_int_equal(um_store_remove(m->path), 0);
        assert_int_equal(rmdir(m->folder), 0);
    }
    world_fini(&c->world);
    for (unsigned i = 0; i < CREW_KEYS; i++)
        p2p_key_free(c->keys[i]);
    free(c);
}

struct mate *crew_begin(struct crew *c, const char *document)
{
    struct mate *m = mate_new(c);
    const struct um_founder_plan plan = {.key = c->keys[0],
                                         .owner = c->keys[KEY_OWNER],
                                         .recovery = c->keys[KEY_RECOVERY],
                                         .name = UM_STR("crew"),
                                         .document = um_str(document),
                                         .wall_ms = wall_ms(m)};

    assert_int_equal(um_founder_begin(&m->store, &plan, &c->mesh), 0);
    return m;
}

struct um_name crew_sign(struct crew *c, unsigned by, struct um_statement s,
                         struct um_buf *out)
{
    s.mesh = c->mesh;
    s.wall_ms = wall_ms(&c->mates[0]) + 1; /* behind the genesis */
    assert_int_equal(um_statement_seal(&s, c->keys[by], out), 0);
    return s.id;
}

void heard(void *user, int err)
{
    struct heard *h = user;

    h->n++;
    h->err = err;
}

void mate_state(struct mate *m, struct um_statement s)
{
    struct um_buf envelope = UM_BUF_INIT;
    struct heard h = {0};

    (void)crew_sign(m->crew, KEY_OWNER, s, &envelope);
    assert_int_equal(um_node_state(m->node, um_buf_view(&envelope), heard, &h),
                     0);
    crew_pass(m->crew, 1);
    assert_int_equal(h.n, 1);
    assert_int_equal(h.err, 0);
    um_buf_fini(&envelope);
}

struct mate *crew_join(struct crew *c)
{
    struct mate *first = &c->mates[0];
    struct mate *m = mate_new(c);
    struct um_buf list = UM_BUF_INIT;
    struct um_founder_place place = {.mesh = c->mesh, .wall_ms = wall_ms(m)};
    struct um_digest *d = um_shelf_digest(first->node->shelf, UM_SYNC_ROSTER);

    mate_state(first, (struct um_statement){.what = UM_GRANT,
                                            .key = c->names[m->no],
                                            .roles = UM_NODE | UM_WRITER});
    for (size_t i = 0; i < um_digest_count(d); i++)
        um_pb_put_str(&list, 1,
                      um_shelf_get(first->node->shelf, um_digest_at(d, i)));
    place.statements = um_buf_view(&list);
    assert_int_equal(um_founder_join(&m->store, &place), 0);
    um_buf_fini(&list);
    return m;
}

struct mate *crew_wait(struct crew *c)
{
    struct mate *m = mate_new(c);
    struct um_buf list = UM_BUF_INIT;
    struct um_founder_place place = {.mesh = c->mesh, .wall_ms = wall_ms(m)};

    um_pb_put_str(&list, 1, um_shelf_get(c->mates[0].node->shelf, &c->mesh));
    place.statements = um_buf_view(&list);
    assert_int_equal(um_founder_join(&m->store, &place), 0);
    um_buf_fini(&list);
    return m;
}

void crew_connect(struct mate *a, struct mate *b)
{
    world_connect(&a->crew->world, a->bus, b->bus);
}

void crew_disconnect(struct mate *a, struct mate *b)
{
    world_disconnect(&a->crew->world, a->bus, b->bus);
}

void crew_pass(struct crew *c, uint64_t ms)
{
    world_pass(&c->world, ms);
}

struct crew *crew_of(unsigned n, const char *document)
{
    struct crew *c = crew_new();

    mate_start(crew_begin(c, document));
    for (unsigned i = 1; i < n; i++) {
        mate_start(crew_join(c));
        for (unsigned k = 0; k < i; k++)
            crew_connect(&c->mates[i], &c->mates[k]);
    }
    crew_pass(c, 20000);
    return c;
}

void told(void *user, enum um_reply answer, const struct um_name *revision)
{
    struct told *t = user;

    t->n++;
    t->answer = answer;
    t->nobody_knows = revision == NULL;
    t->revision = revision != NULL ? *revision : (struct um_name){{0}};
}

void mate_publish(struct mate *m, const char *document, struct told *t)
{
    struct um_command c = {.verb = UM_DO_PUBLISH,
                           .doc_bytes = (uint32_t)strlen(document),
                           .message = UM_STR("a change")};

    *t = (struct told){0};
    assert_int_equal(um_papers_put(m->node->papers, um_str(document), &c.doc),
                     0);
    assert_int_equal(um_node_command(m->node, &c, told, t), 0);
}

struct um_name mate_do(struct mate *m, const char *document)
{
    struct told t;

    mate_publish(m, document, &t);
    crew_pass(m->crew, 5);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.answer, UM_OK);
    return t.revision;
}

bool mate_has(struct mate *m, const struct um_name *revision)
{
    return um_history_find(&m->node->model.history, revision) != NULL;
}

struct um_name name_of(const char *text)
{
    struct um_name n;

    p2p_sha256(text, strlen(text), n.b);
    return n;
}

bool mate_has_doc(struct mate *m, const char *document)
{
    struct um_name n = name_of(document);

    return um_papers_has(m->node->papers, &n);
}

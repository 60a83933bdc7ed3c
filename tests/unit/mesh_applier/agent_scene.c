/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See agent_scene.h. */
#include "agent_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/unit/shown.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "unit.h"

/* ---- what an agent is made of */

static uint64_t wall_ms(void *clock)
{
    const struct scene *s = clock;

    return MESH_MAKER_T0 + s->net.now_ms;
}

static void on_send(void *user, struct um_str bytes)
{
    struct scene *s = user;

    um_buf_str(&s->out, bytes);
}

size_t scene_place_of(struct scene *s, const char *name)
{
    size_t i = 0;

    while (s->names[i] != NULL && strcmp(s->names[i], name) != 0)
        i++;
    assert_true(i < FILES);
    s->names[i] = name;
    return i;
}

static int load(void *user, const char *name, struct um_buf *out)
{
    struct scene *s = user;
    const struct um_buf *f = &s->files[scene_place_of(s, name)];

    s->loads++;
    um_buf_str(out, um_buf_view(f));
    return f->len > 0 ? 0 : P2P_ENOTFOUND;
}

static int save(void *user, const char *name, struct um_str bytes)
{
    struct scene *s = user;
    struct um_buf *f = &s->files[scene_place_of(s, name)];

    if (s->save_fails != 0)
        return s->save_fails;
    s->saves += strcmp(name, "record") == 0;
    um_buf_clear(f);
    um_buf_str(f, bytes);
    return 0;
}

static int drop(void *user, const char *name)
{
    struct scene *s = user;

    um_buf_fini(&s->files[scene_place_of(s, name)]);
    return 0;
}

void scene_begin(struct scene *s)
{
    s->agent = um_agent_new(&s->cfg);
    assert_non_null(s->agent);
}

int scene_setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    struct um_unit_cfg unit = {.target = "http://127.0.0.1:8888"};

    assert_non_null(s);
    mesh_maker_init(&s->mesh, 2);
    fetch_rig_init(&s->net);
    (void)snprintf(s->net.server, sizeof s->net.server, "Unit/1.35.0");
    rig_init(&s->rig);
    rig_start(&s->rig);
    unit.fetch = &s->net;
    unit.alarms = &s->net.alarms;
    unit.log = &s->net.log;
    s->unit = um_unit_new(&unit);
    s->applier = um_applier_new(s->unit, &s->net.alarms, &s->net.log);
    um_policy_default(&s->policy);
    s->cfg = (struct um_agent_cfg){.unit = s->unit,
                                   .applier = s->applier,
                                   .alarms = &s->net.alarms,
                                   .log = &s->net.log,
                                   .policy = &s->policy,
                                   .key = s->mesh.keys[ME],
                                   .name = "me",
                                   .files = {s, load, save, drop},
                                   .wall_ms = wall_ms,
                                   .clock = s,
                                   .send = on_send,
                                   .user = s};
    scene_begin(s);
    *state = s;
    return 0;
}

int scene_teardown(void **state)
{
    struct scene *s = *state;

    um_agent_free(s->agent);
    um_unit_free(s->unit);
    um_applier_free(s->applier);
    fetch_rig_fini(&s->net);
    rig_fini(&s->rig);
    mesh_maker_fini(&s->mesh);
    um_buf_fini(&s->out);
    for (size_t i = 0; i < s->papers_n; i++)
        um_buf_fini(&s->papers[i]);
    for (size_t i = 0; i < FILES; i++)
        um_buf_fini(&s->files[i]);
    free(s);
    return 0;
}

/* ---- the node's side */

int scene_try_to_say(struct scene *s, const struct um_wire_msg *m)
{
    struct um_buf out = UM_BUF_INIT;
    int rv;

    um_wire_write(&out, m);
    rv = um_agent_recv(s->agent, um_buf_view(&out));
    um_buf_fini(&out);
    return rv;
}

void scene_say(struct scene *s, const struct um_wire_msg *m)
{
    assert_int_equal(scene_try_to_say(s, m), 0);
}

/* A paper that the node has. */
struct um_name scene_paper(struct scene *s, const char *text)
{
    struct um_buf *b = &s->papers[s->papers_n++];
    struct um_name hash;

    assert_true(s->papers_n <= 8);
    um_buf_text(b, text);
    p2p_sha256(b->p, b->len, hash.b);
    return hash;
}

void scene_bring(struct scene *s, const struct um_name *hash)
{
    struct um_wire_msg m = {.what = UM_WIRE_PAPER, .hash = *hash};

    for (size_t i = 0; i < s->papers_n; i++) {
        struct um_name is;

        p2p_sha256(s->papers[i].p, s->papers[i].len, is.b);
        if (um_name_eq(&is, hash))
            m.bytes = um_buf_view(&s->papers[i]);
    }
    scene_say(s, &m);
}

static void note(char *text, const char *line)
{
    size_t n = strlen(text);

    assert_true(n + strlen(line) + 1 < TEXT);
    (void)snprintf(text + n, TEXT - n, "%s\n", line);
}

static void note_outcome(struct scene *s, const struct um_wire_msg *m)
{
    static const char *const words[] = {"done", "refused", "no answer"};
    char line[64];

    (void)snprintf(line, sizeof line, "%u %s", (unsigned)m->number,
                   words[m->outcome]);
    note(s->told, line);
    (void)snprintf(s->why, sizeof s->why, "%.*s", UM_STR_ARG(m->text));
}

static void note_stated(struct scene *s, const struct um_wire_msg *m)
{
    struct um_str all = m->statements, one;

    while (um_pb_list_next(&all, &one)) {
        struct um_statement is;

        assert_int_equal(um_statement_open(one, &is), 0);
        s->stated++;
    }
}

static void hear(struct scene *s, const struct um_wire_msg *m)
{
    char line[64];

    switch (m->what) {
        case UM_WIRE_OUTCOME:
            note_outcome(s, m);
            break;
        case UM_WIRE_STATED:
            note_stated(s, m);
            break;
        case UM_WIRE_WANT:
            note(s->told, "want");
            if (!s->mute)
                scene_bring(s, &m->hash);
            break;
        case UM_WIRE_GOT:
            (void)snprintf(line, sizeof line, "got %u %u %u",
                           (unsigned)m->number, m->outcome, m->code);
            note(s->told, line);
            break;
        case UM_WIRE_ABSENT:
            note(s->told, "absent");
            (void)snprintf(s->why, sizeof s->why, "%.*s", UM_STR_ARG(m->text));
            break;
        default:
            break;
    }
}

/* All that it said so far is heard. */
void scene_listen(struct scene *s)
{
    while (s->out.len > 0) {
        struct um_wire_in in = {.used = 0};
        struct um_buf said = s->out;
        struct um_str frame;

        s->out = (struct um_buf)UM_BUF_INIT;
        assert_int_equal(um_wire_in_add(&in, um_buf_view(&said)), 0);
        while (um_wire_in_next(&in, &frame) == 1) {
            struct um_wire_msg m;

            assert_int_equal(um_wire_read(frame, &m), 0);
            hear(s, &m);
        }
        um_wire_in_fini(&in);
        um_buf_fini(&said);
    }
}

/* Unit answers what it is asked first; whether that was anything. */
bool scene_pump_one(struct scene *s)
{
    const struct um_fetch_job *j = fetch_rig_job(&s->net);
    const char *path, *answer, *at;
    char line[600];

    if (j == NULL)
        return false;
    path = strchr(j->url + 7, '/');
    if (strcmp(j->method, "GET") != 0) {
        (void)snprintf(line, sizeof line, "%s %s", j->method, path);
        note(s->asked, line);
    }
    if (s->put_answer != NULL && strcmp(j->method, "PUT") == 0) {
        fetch_rig_answer(&s->net, 400, s->put_answer);
    } else {
        char *body = j->body != NULL ? strdup(j->body) : NULL;

        answer = rig_ask(&s->rig, j->method, path, body);
        at = strstr(answer, "\r\n\r\n");
        assert_non_null(at);
        free(body);
        fetch_rig_answer(&s->net, atol(answer + 9), at + 4);
    }
    return true;
}

/* The same, of all. */
void scene_pump(struct scene *s)
{
    while (scene_pump_one(s)) {
    }
}

/* Some time passes. */
void scene_work(struct scene *s)
{
    for (unsigned i = 0; i < 8; i++) {
        scene_listen(s);
        scene_pump(s);
        (void)fetch_rig_ring(&s->net);
    }
    scene_pump(s);
    scene_listen(s);
}

/* Whether that is what it said since the last time, of orders and papers. */
void scene_told(struct scene *s, const char *lines)
{
    assert_string_equal(s->told, lines);
    s->told[0] = '\0';
}

/* The same of what changed Unit. */
void scene_asked(struct scene *s, const char *lines)
{
    assert_string_equal(s->asked, lines);
    s->asked[0] = '\0';
}

bool scene_unit_runs(struct scene *s, const char *text)
{
    struct um_buf b = UM_BUF_INIT;
    bool runs;

    um_shown_compact(um_str(rig_body(&s->rig, "GET", "/config", NULL)), &b);
    um_buf_byte(&b, '\0');
    runs = strstr(b.p, text) != NULL;
    um_buf_fini(&b);
    return runs;
}

void scene_start(struct scene *s)
{
    scene_start_with(s, 0);
}

void scene_start_with(struct scene *s, unsigned statements)
{
    const struct um_wire_msg m = {
        .what = UM_WIRE_START, .number = statements, .mesh = s->mesh.mesh};

    scene_say(s, &m);
    scene_listen(s);
}

/* All statements, the last one first. */
void scene_tell_roster(struct scene *s)
{
    struct um_buf list = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_STATEMENTS};

    for (size_t i = s->mesh.statements_n; i-- > 0;)
        um_wire_put_statement(&list, um_buf_view(&s->mesh.statements[i]));
    m.statements = um_buf_view(&list);
    scene_say(s, &m);
    um_buf_fini(&list);
}

void scene_order_fini(struct order *o)
{
    um_buf_fini(&o->envelope);
}

/* Signs what is filled in besides. */
static void seal(struct scene *s, unsigned by, struct um_revision r,
                 struct order *o)
{
    r.mesh = s->mesh.mesh;
    r.parents[0] = s->mesh.r1_id;
    r.parents_n = 1;
    r.wall_ms = MESH_MAKER_T0 + r.number;
    r.doc = o->doc;
    assert_int_equal(um_revision_seal(&r, s->mesh.keys[by], &o->envelope), 0);
    o->id = r.id;
}

/* A revision by a key, of a document that comes to a configuration. */
struct order scene_sign(struct scene *s, unsigned by, uint64_t number,
                        const char *document, const char *config)
{
    struct order o = {.envelope = UM_BUF_INIT, .doc = scene_paper(s, document)};

    seal(s, by,
         (struct um_revision){.number = number,
                              .doc_bytes = (uint32_t)strlen(document)},
         &o);
    p2p_sha256(config, strlen(config), o.effective.b);
    return o;
}

/* The same, on trial here until a deadline. */
struct order scene_sign_trial(struct scene *s, uint64_t number,
                              const char *document, const char *config)
{
    struct order o = {.envelope = UM_BUF_INIT, .doc = scene_paper(s, document)};

    seal(s, WRITER,
         (struct um_revision){.number = number,
                              .doc_bytes = (uint32_t)strlen(document),
                              .policy = UM_TRIAL,
                              .deadline_ms = DEADLINE_MS,
                              .first = {&s->mesh.names[ME], 1}},
         &o);
    p2p_sha256(config, strlen(config), o.effective.b);
    return o;
}

void scene_give(struct scene *s, enum um_wire_order what, const struct order *o)
{
    struct um_buf list = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_ORDER,
                            .number = ++s->number,
                            .order = what,
                            .revision = o->id,
                            .effective = o->effective,
                            .text = UM_STR("r2.test")};

    um_wire_put_revision(&list, um_buf_view(&o->envelope));
    m.revisions = um_buf_view(&list);
    scene_say(s, &m);
    um_buf_fini(&list);
}

/* Gives it, and lets it happen. */
void scene_run(struct scene *s, const struct order *o)
{
    scene_give(s, UM_WIRE_RUN, o);
    scene_work(s);
}

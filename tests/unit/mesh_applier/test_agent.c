/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The applier, spoken to by a test in the place of its node: what it carries
 * out, and what it does not, whatever the node says.
 */
#include "mesh/applier/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_rig.h"
#include "mesh/applier/wire.h"
#include "mesh/trust/seal.h"
#include "mesh/unit/shown.h"
#include "mesh_maker.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "unit.h"
#include "unit_rig.h"

#define BASE(route) "{\"base\":" route "}"
#define ROUTE(code) "{\"routes\":[{\"action\":{\"return\":" code "}}]}"

enum { ME = 1, WRITER = 2, STRANGER = 5, TEXT = 1 << 16, FILES = 3 };

enum { DEADLINE_MS = 600000 };

struct scene {
    struct mesh_maker mesh;
    struct um_fetch net;
    struct rig rig;
    struct um_unit *unit;
    struct um_applier *applier;
    struct um_policy policy;
    struct um_agent_cfg cfg;
    struct um_agent *agent;
    struct um_buf out; /* what it said */
    char told[TEXT];   /* the same as text, a line each */
    char asked[TEXT];  /* what changed Unit: METHOD PATH */
    char why[512];     /* of the last OUTCOME */
    struct um_buf papers[8];
    size_t papers_n;
    bool mute; /* what it wants is not given */
    struct um_buf files[FILES];
    const char *names[FILES];
    int save_fails;
    const char *put_answer; /* instead of Unit's: 400 with that */
    uint64_t number;
};

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

static size_t place_of(struct scene *s, const char *name)
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
    const struct um_buf *f = &s->files[place_of(s, name)];

    um_buf_str(out, um_buf_view(f));
    return f->len > 0 ? 0 : P2P_ENOTFOUND;
}

static int save(void *user, const char *name, struct um_str bytes)
{
    struct scene *s = user;
    struct um_buf *f = &s->files[place_of(s, name)];

    if (s->save_fails != 0)
        return s->save_fails;
    um_buf_clear(f);
    um_buf_str(f, bytes);
    return 0;
}

static int drop(void *user, const char *name)
{
    struct scene *s = user;

    um_buf_fini(&s->files[place_of(s, name)]);
    return 0;
}

static void begin(struct scene *s)
{
    s->agent = um_agent_new(&s->cfg);
    assert_non_null(s->agent);
}

static int setup(void **state)
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
    begin(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
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

static int try_to_say(struct scene *s, const struct um_wire_msg *m)
{
    struct um_buf out = UM_BUF_INIT;
    int rv;

    um_wire_write(&out, m);
    rv = um_agent_recv(s->agent, um_buf_view(&out));
    um_buf_fini(&out);
    return rv;
}

static void say(struct scene *s, const struct um_wire_msg *m)
{
    assert_int_equal(try_to_say(s, m), 0);
}

/* A paper that the node has. */
static struct um_name paper(struct scene *s, const char *text)
{
    struct um_buf *b = &s->papers[s->papers_n++];
    struct um_name hash;

    assert_true(s->papers_n <= 8);
    um_buf_text(b, text);
    p2p_sha256(b->p, b->len, hash.b);
    return hash;
}

static void bring(struct scene *s, const struct um_name *hash)
{
    struct um_wire_msg m = {.what = UM_WIRE_PAPER, .hash = *hash};

    for (size_t i = 0; i < s->papers_n; i++) {
        struct um_name is;

        p2p_sha256(s->papers[i].p, s->papers[i].len, is.b);
        if (um_name_eq(&is, hash))
            m.bytes = um_buf_view(&s->papers[i]);
    }
    say(s, &m);
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

static void hear(struct scene *s, const struct um_wire_msg *m)
{
    char line[64];

    switch (m->what) {
        case UM_WIRE_OUTCOME:
            note_outcome(s, m);
            break;
        case UM_WIRE_WANT:
            note(s->told, "want");
            if (!s->mute)
                bring(s, &m->hash);
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
static void listen(struct scene *s)
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

/* Unit answers what it is asked. */
static void pump(struct scene *s)
{
    const struct um_fetch_job *j;

    while ((j = fetch_rig_job(&s->net)) != NULL) {
        const char *path = strchr(j->url + 7, '/');
        char *body = j->body != NULL ? strdup(j->body) : NULL;
        const char *answer, *at;
        char line[600];

        if (strcmp(j->method, "GET") != 0) {
            (void)snprintf(line, sizeof line, "%s %s", j->method, path);
            note(s->asked, line);
        }
        if (s->put_answer != NULL && strcmp(j->method, "PUT") == 0) {
            fetch_rig_answer(&s->net, 400, s->put_answer);
            free(body);
            continue;
        }
        answer = rig_ask(&s->rig, j->method, path, body);
        at = strstr(answer, "\r\n\r\n");
        assert_non_null(at);
        fetch_rig_answer(&s->net, atol(answer + 9), at + 4);
        free(body);
    }
}

/* Some time passes. */
static void work(struct scene *s)
{
    for (unsigned i = 0; i < 8; i++) {
        listen(s);
        pump(s);
        (void)fetch_rig_ring(&s->net);
    }
    pump(s);
    listen(s);
}

/* Whether that is what it said since the last time, of orders and papers. */
static void told(struct scene *s, const char *lines)
{
    assert_string_equal(s->told, lines);
    s->told[0] = '\0';
}

/* The same of what changed Unit. */
static void asked(struct scene *s, const char *lines)
{
    assert_string_equal(s->asked, lines);
    s->asked[0] = '\0';
}

static bool unit_runs(struct scene *s, const char *text)
{
    struct um_buf b = UM_BUF_INIT;
    bool runs;

    um_shown_compact(um_str(rig_body(&s->rig, "GET", "/config", NULL)), &b);
    um_buf_byte(&b, '\0');
    runs = strstr(b.p, text) != NULL;
    um_buf_fini(&b);
    return runs;
}

static void start(struct scene *s)
{
    const struct um_wire_msg m = {.what = UM_WIRE_START, .mesh = s->mesh.mesh};

    say(s, &m);
    listen(s);
}

/* All statements, the last one first. */
static void tell_roster(struct scene *s)
{
    struct um_buf list = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_STATEMENTS};

    for (size_t i = s->mesh.statements_n; i-- > 0;)
        um_wire_put_statement(&list, um_buf_view(&s->mesh.statements[i]));
    m.statements = um_buf_view(&list);
    say(s, &m);
    um_buf_fini(&list);
}

/* A revision and its order. */
struct order {
    struct um_name id;
    struct um_buf envelope;
    struct um_name doc;
    struct um_name effective;
};

static void order_fini(struct order *o)
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
static struct order sign(struct scene *s, unsigned by, uint64_t number,
                         const char *document, const char *config)
{
    struct order o = {.envelope = UM_BUF_INIT, .doc = paper(s, document)};

    seal(s, by,
         (struct um_revision){.number = number,
                              .doc_bytes = (uint32_t)strlen(document)},
         &o);
    p2p_sha256(config, strlen(config), o.effective.b);
    return o;
}

/* The same, on trial here until a deadline. */
static struct order sign_trial(struct scene *s, uint64_t number,
                               const char *document, const char *config)
{
    struct order o = {.envelope = UM_BUF_INIT, .doc = paper(s, document)};

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

static void give(struct scene *s, enum um_wire_order what,
                 const struct order *o)
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
    say(s, &m);
    um_buf_fini(&list);
}

/* Gives it, and lets it happen. */
static void run(struct scene *s, const struct order *o)
{
    give(s, UM_WIRE_RUN, o);
    work(s);
}

/* ---- tests */

static void test_a_revision_runs(void **state)
{
    struct scene *s = *state;
    struct order o = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    start(s);
    tell_roster(s);
    run(s, &o);
    told(s, "want\n1 done\n");
    asked(s, "PUT /config\n");
    assert_true(unit_runs(s, "201"));
    /* Once more: it runs already, and its document is here. */
    run(s, &o);
    told(s, "2 done\n");
    asked(s, "");
    order_fini(&o);
}

/* Before there is a mesh, nothing is done; and afterwards. */
static void test_of_no_mesh(void **state)
{
    const struct um_wire_msg stop = {.what = UM_WIRE_STOP};
    struct scene *s = *state;
    struct order o = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    tell_roster(s);
    run(s, &o);
    told(s, "1 no answer\n");
    start(s);
    tell_roster(s);
    say(s, &stop);
    run(s, &o);
    told(s, "2 no answer\n");
    asked(s, "");
    order_fini(&o);
}

/* Who signed it may not write, or the roster was not told. */
static void test_who_may_not_write(void **state)
{
    struct scene *s = *state;
    struct order o = sign(s, STRANGER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order p = sign(s, WRITER, 2, BASE(ROUTE("202")), ROUTE("202"));

    start(s);
    run(s, &p);
    told(s, "1 no answer\n");
    tell_roster(s);
    run(s, &o);
    told(s, "2 no answer\n");
    assert_true(strlen(s->why) > 0);
    asked(s, "");
    assert_int_equal(fetch_rig_said(&s->net, "the applier does not run"), 2);
    order_fini(&o);
    order_fini(&p);
}

/* What ran before is not run again, whoever signed it. */
static void test_no_way_back(void **state)
{
    struct scene *s = *state;
    struct order old = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order new = sign(s, WRITER, 3, BASE(ROUTE("202")), ROUTE("202"));

    start(s);
    tell_roster(s);
    run(s, &old);
    run(s, &new);
    told(s, "want\n1 done\nwant\n2 done\n");
    run(s, &old);
    told(s, "3 no answer\n");
    assert_non_null(strstr(s->why, "back"));
    /* Nor by another process, which reads the record. */
    um_agent_free(s->agent);
    begin(s);
    start(s);
    run(s, &old);
    told(s, "4 no answer\n");
    run(s, &new);
    told(s, "want\n5 done\n");
    assert_true(unit_runs(s, "202"));
    asked(s, "PUT /config\nPUT /config\n");
    order_fini(&old);
    order_fini(&new);
}

/* What Unit refused is no reason to stay there. */
static void test_back_from_what_was_refused(void **state)
{
    struct scene *s = *state;
    struct order old = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order bad = sign(s, WRITER, 3, BASE(ROUTE("1000")), ROUTE("1000"));

    start(s);
    tell_roster(s);
    run(s, &old);
    run(s, &bad);
    told(s, "want\n1 done\nwant\n2 refused\n");
    assert_non_null(strstr(s->why, "return"));
    run(s, &old);
    told(s, "3 done\n");
    order_fini(&old);
    order_fini(&bad);
}

/* It makes the configuration by itself: what the node says that it comes to has
 * to be that. */
static void test_what_it_comes_to(void **state)
{
    struct scene *s = *state;
    struct order o = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("202"));

    start(s);
    tell_roster(s);
    run(s, &o);
    told(s, "want\n1 no answer\n");
    asked(s, "");
    order_fini(&o);
}

/* A document is what its hash says, or it is none. */
static void test_another_document(void **state)
{
    struct scene *s = *state;
    struct order o = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct um_wire_msg m = {.what = UM_WIRE_PAPER,
                            .hash = o.doc,
                            .bytes = UM_STR(BASE(ROUTE("666")))};

    start(s);
    tell_roster(s);
    s->mute = true;
    give(s, UM_WIRE_RUN, &o);
    listen(s);
    say(s, &m);
    work(s);
    told(s, "want\n1 no answer\n");
    /* One that the node has not. */
    give(s, UM_WIRE_RUN, &o);
    listen(s);
    m.bytes = um_str_n(NULL, 0);
    say(s, &m);
    work(s);
    told(s, "want\n2 no answer\n");
    /* One that nobody asked for is not kept. */
    m.bytes = UM_STR(BASE(ROUTE("201")));
    say(s, &m);
    give(s, UM_WIRE_RUN, &o);
    work(s);
    told(s, "want\n");
    asked(s, "");
    order_fini(&o);
}

/* The node's own policy is asked here, not there. */
static void test_the_policy(void **state)
{
    struct scene *s = *state;
    struct um_arena mem = UM_ARENA_INIT;
    struct order o = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    assert_int_equal(
        um_policy_parse(&mem,
                        UM_STR("{\"pointers\": {\"not\": [\"/routes\"]}}"),
                        &s->policy, NULL),
        0);
    start(s);
    tell_roster(s);
    run(s, &o);
    told(s, "want\n1 refused\n");
    assert_non_null(strstr(s->why, "/routes"));
    asked(s, "");
    um_arena_fini(&mem);
    order_fini(&o);
}

/* A document that is no revision is tried for who may write one. */
static void test_a_trial(void **state)
{
    struct scene *s = *state;
    struct order o = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct um_wire_msg m = {.what = UM_WIRE_TRY,
                            .number = 40,
                            .hash = paper(s, BASE(ROUTE("202")))};

    p2p_sha256(ROUTE("202"), strlen(ROUTE("202")), m.effective.b);
    start(s);
    tell_roster(s);
    run(s, &o);
    say(s, &m);
    work(s);
    told(s, "want\n1 done\nwant\n40 done\n");
    assert_true(unit_runs(s, "202"));
    give(s, UM_WIRE_BACK, &o);
    work(s);
    told(s, "2 done\n");
    assert_true(unit_runs(s, "201"));
    order_fini(&o);
}

static void test_a_trial_of_who_may_not_write(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = {
        .what = UM_WIRE_TRY, .number = 1, .hash = paper(s, BASE(ROUTE("202")))};

    mesh_maker_say(
        &s->mesh, 0,
        (struct um_statement){
            .what = UM_REVOKE, .key = s->mesh.names[ME], .roles = UM_WRITER});
    p2p_sha256(ROUTE("202"), strlen(ROUTE("202")), m.effective.b);
    start(s);
    tell_roster(s);
    say(s, &m);
    work(s);
    told(s, "1 no answer\n");
    asked(s, "");
}

/* One order of a kind at a time. */
static void test_one_at_a_time(void **state)
{
    struct scene *s = *state;
    struct order o = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order p = sign(s, WRITER, 3, BASE(ROUTE("202")), ROUTE("202"));

    start(s);
    tell_roster(s);
    give(s, UM_WIRE_RUN, &o);
    give(s, UM_WIRE_RUN, &p);
    work(s);
    told(s, "want\n2 no answer\n1 done\n");
    asked(s, "PUT /config\n");
    order_fini(&o);
    order_fini(&p);
}

/* An order waits for its papers while another is looked at: what was said of
 * the one is not taken for the other. */
static void test_an_order_in_between(void **state)
{
    struct scene *s = *state;
    struct order o = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct order p = sign(s, WRITER, 3, BASE(ROUTE("202")), ROUTE("202"));

    start(s);
    tell_roster(s);
    s->mute = true;
    give(s, UM_WIRE_RUN, &o);
    give(s, UM_WIRE_EXAMINE, &p);
    listen(s);
    bring(s, &o.doc);
    bring(s, &p.doc);
    work(s);
    told(s, "want\nwant\n2 done\n1 done\n");
    asked(s, "PUT /config\n");
    assert_true(unit_runs(s, "201"));
    /* Nor if the other is none. */
    give(s, UM_WIRE_RUN, &p);
    p.envelope.p[p.envelope.len - 1] ^= 1;
    give(s, UM_WIRE_BACK, &p);
    work(s);
    told(s, "4 no answer\n3 done\n");
    order_fini(&o);
    order_fini(&p);
}

/* A node that takes its time with the papers gains nothing by that. */
static void test_an_order_that_was_held_back(void **state)
{
    struct scene *s = *state;
    struct order o = sign_trial(s, 2, BASE(ROUTE("201")), ROUTE("201"));

    start(s);
    tell_roster(s);
    s->mute = true;
    give(s, UM_WIRE_RUN, &o);
    listen(s);
    told(s, "want\n");
    s->net.now_ms += DEADLINE_MS + 3;
    bring(s, &o.doc);
    work(s);
    told(s, "1 no answer\n");
    assert_non_null(strstr(s->why, "in time"));
    asked(s, "");
    order_fini(&o);
}

/* What came back after a trial is what runs here, whatever came of it. */
static void test_what_came_back_runs(void **state)
{
    struct scene *s = *state;
    struct order o = sign_trial(s, 2, BASE(ROUTE("201")), ROUTE("201"));
    struct um_wire_msg m = {.what = UM_WIRE_TRY,
                            .number = 40,
                            .hash = paper(s, BASE(ROUTE("202")))};

    p2p_sha256(ROUTE("202"), strlen(ROUTE("202")), m.effective.b);
    start(s);
    tell_roster(s);
    run(s, &o);
    say(s, &m);
    work(s);
    give(s, UM_WIRE_BACK, &o);
    work(s);
    told(s, "want\n1 done\nwant\n40 done\n2 done\n");
    s->net.now_ms += DEADLINE_MS + 3;
    run(s, &o);
    told(s, "3 done\n");
    order_fini(&o);
}

/* That nothing can be made of it is not to be had by keeping from the applier
 * what opens a sealed part of it. */
static void test_a_slot_that_is_kept_back(void **state)
{
    static const uint8_t entropy[32] = {1};
    struct scene *s = *state;
    const struct um_sealed_plan plan = {.mesh = s->mesh.mesh,
                                        .name = UM_STR("variables/code"),
                                        .content = UM_STR("203"),
                                        .members = {&s->mesh.names[WRITER], 1},
                                        .entropy = entropy};
    struct um_buf object = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_SLOT};
    uint8_t slot[UM_SEALED_SLOT_BYTES];
    const struct um_sealed_opener by = {.key = s->mesh.keys[WRITER]};
    struct um_sealed read;
    char hex[UM_NAME_TEXT_MAX], doc[300];
    struct order o;

    assert_int_equal(um_sealed_make(&plan, &object), 0);
    assert_int_equal(um_sealed_read(um_buf_view(&object), &read), 0);
    assert_int_equal(
        um_sealed_slot_make(&read, &by, entropy, &s->mesh.names[ME], slot), 0);
    p2p_sha256(object.p, object.len, m.hash.b);
    m.bytes = um_str_n((const char *)slot, sizeof slot);
    um_buf_str(&s->papers[s->papers_n++], um_buf_view(&object));
    (void)snprintf(doc, sizeof doc,
                   "{\"variables\":{\"code\":{\"sealed\":\"%s\"}},\"base\":"
                   "{\"routes\":[{\"action\":{\"return\":\"{{code}}\"}}]}}",
                   um_name_text(&m.hash, hex));
    o = sign(s, WRITER, 2, doc, ROUTE("203"));
    start(s);
    tell_roster(s);
    run(s, &o);
    told(s, "want\nwant\n1 no answer\n");
    say(s, &m);
    run(s, &o);
    told(s, "2 done\n");
    assert_true(unit_runs(s, "203"));
    /* Another process has no slot yet. */
    um_agent_free(s->agent);
    begin(s);
    start(s);
    give(s, UM_WIRE_EXAMINE, &o);
    work(s);
    told(s, "want\nwant\n3 no answer\n");
    slot[0] ^= 1;
    say(s, &m);
    give(s, UM_WIRE_EXAMINE, &o);
    work(s);
    told(s, "4 no answer\n");
    um_buf_fini(&object);
    order_fini(&o);
}

/* Unit's words are passed on, as far as they are words. */
static void test_words_with_a_zero(void **state)
{
    struct scene *s = *state;
    struct order o = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    s->put_answer = "{\"error\":\"It\\u0000fails.\"}";
    start(s);
    tell_roster(s);
    run(s, &o);
    told(s, "want\n1 refused\n");
    assert_string_equal(s->why, "It");
    order_fini(&o);
}

/* Without its record it touches nothing. */
static void test_a_record_that_cannot_be_written(void **state)
{
    struct scene *s = *state;
    struct order o = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    start(s);
    tell_roster(s);
    s->save_fails = P2P_EIO;
    run(s, &o);
    told(s, "want\n1 no answer\n");
    asked(s, "");
    s->save_fails = 0;
    run(s, &o);
    told(s, "2 done\n");
    order_fini(&o);
}

/* It is bound to a mesh, until that was left by somebody who may say so. */
static void test_another_mesh(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = {.what = UM_WIRE_START, .mesh = s->mesh.r1_id};
    struct order o = sign(s, WRITER, 2, BASE(ROUTE("201")), ROUTE("201"));

    start(s);
    tell_roster(s);
    run(s, &o);
    told(s, "want\n1 done\n");
    say(s, &m);
    listen(s);
    told(s, "absent\n");
    assert_non_null(strstr(s->why, "bound to another mesh"));
    assert_int_equal(um_agent_leave(s->agent), P2P_EACCES);
    say(s, &m);
    listen(s);
    told(s, "absent\n");
    /* A person puts a file there. */
    um_buf_text(&s->files[place_of(s, "unbind")], "yes");
    assert_int_equal(um_agent_leave(s->agent), 0);
    say(s, &m);
    listen(s);
    told(s, "");
    order_fini(&o);
}

/* Before anything ran it may go elsewhere: there is nothing to go back to. */
static void test_a_mesh_that_came_to_nothing(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = {.what = UM_WIRE_START, .mesh = s->mesh.r1_id};

    start(s);
    assert_int_equal(um_agent_leave(s->agent), 0);
    say(s, &m);
    listen(s);
    told(s, "");
}

/* A record that was lost is said to be. */
static void test_a_lost_record(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = {.what = UM_WIRE_START,
                            .mesh = s->mesh.mesh,
                            .effective = s->mesh.r1_id};

    start(s);
    assert_int_equal(fetch_rig_said(&s->net, "no record"), 0);
    say(s, &m);
    assert_int_equal(fetch_rig_said(&s->net, "no record"), 1);
}

static void test_a_damaged_record(void **state)
{
    struct scene *s = *state;

    start(s);
    um_agent_free(s->agent);
    um_buf_text(&s->files[place_of(s, "record")], "more");
    begin(s);
    start(s);
    told(s, "absent\n");
    assert_non_null(strstr(s->why, "damaged"));
}

/* What people look at; nothing else. */
static void test_gets(void **state)
{
    static const struct {
        const char *path;
        const char *said;
    } cases[] = {
        {"/config", "got 1 0 200\n"},
        {"/config/routes/0", "got 1 2 404\n"},
        {"/status", "got 1 0 200\n"},
        {"/", "got 1 0 200\n"},
        {"/control/applications/a/restart", "got 1 2 404\n"},
        {"/control", "got 1 2 0\n"},
        {"/configs", "got 1 2 0\n"},
        {"/status /config", "got 1 2 0\n"},
        {"/config\r\nX: y", "got 1 2 0\n"},
        {"/config#x", "got 1 2 0\n"},
        {"/config/../control/x", "got 1 2 0\n"},
        {"/config/%2E.", "got 1 2 0\n"},
        {"/status/.?a", "got 1 2 0\n"},
        {"/config/.x/...", "got 1 2 404\n"},
        {"http://other/config", "got 1 2 0\n"},
        {"config", "got 1 2 0\n"},
    };
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct um_wire_msg m = {
            .what = UM_WIRE_GET, .number = 1, .text = um_str(cases[i].path)};

        say(s, &m);
        pump(s);
        listen(s);
        if (strcmp(s->told, cases[i].said) != 0)
            fail_msg("%s: %s", cases[i].path, s->told);
        s->told[0] = '\0';
    }
    asked(s, "");
}

static void test_too_many_gets(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = {
        .what = UM_WIRE_GET, .number = 1, .text = UM_STR("/config")};

    for (unsigned i = 0; i < UM__CAP_AGENT_GETS; i++)
        say(s, &m);
    listen(s);
    told(s, "");
    m.number = 2;
    say(s, &m);
    listen(s);
    told(s, "got 2 5 0\n");
}

/* A document that names more than is kept is not run, nor asked for endlessly;
 * one with a little less is. */
static void test_too_much_to_keep(void **state)
{
    enum { SCRIPTS = 5, EACH = 13 << 20 };
    struct scene *s = *state;
    char *text = malloc(EACH + 1), doc[1024] = "{\"js_modules\":{";
    struct order o;

    assert_non_null(text);
    assert_true(SCRIPTS * EACH > UM__CAP_AGENT_STASH_BYTES);
    memset(text, ' ', EACH);
    text[EACH] = '\0';
    for (unsigned i = 0; i < SCRIPTS; i++) {
        char hex[UM_NAME_TEXT_MAX], member[200];
        struct um_name hash;

        text[0] = (char)('a' + i);
        hash = paper(s, text);
        (void)snprintf(member, sizeof member, "\"s%u\":\"%s\",", i,
                       um_name_text(&hash, hex));
        (void)snprintf(doc + strlen(doc), sizeof doc - strlen(doc), "%s",
                       member);
    }
    (void)snprintf(doc + strlen(doc) - 1, sizeof doc - strlen(doc),
                   "},\"base\":" ROUTE("201") "}");
    o = sign(s, WRITER, 2, doc, ROUTE("201"));
    start(s);
    tell_roster(s);
    run(s, &o);
    assert_non_null(strstr(s->told, "1 no answer"));
    assert_non_null(strstr(s->why, "is not here"));
    asked(s, "");
    free(text);
    order_fini(&o);
}

/* Statements that rest on what never comes are left out one day. */
static void test_too_many_statements(void **state)
{
    struct scene *s = *state;
    struct um_buf list = UM_BUF_INIT, one = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_STATEMENTS};

    start(s);
    mesh_maker_sign(
        &s->mesh, STRANGER,
        (struct um_statement){
            .what = UM_GRANT, .key = s->mesh.names[ME], .roles = UM_WRITER},
        &one);
    for (unsigned i = 0; i < UM__CAP_AGENT_UNMET; i++)
        um_wire_put_statement(&list, um_buf_view(&one));
    m.statements = um_buf_view(&list);
    say(s, &m);
    assert_int_equal(fetch_rig_said(&s->net, "does not take a statement"), 0);
    um_buf_clear(&list);
    um_wire_put_statement(&list, um_buf_view(&one));
    m.statements = um_buf_view(&list);
    say(s, &m);
    assert_int_equal(fetch_rig_said(&s->net, "does not take a statement"), 1);
    um_buf_fini(&list);
    um_buf_fini(&one);
}

/* Who does not speak the language is not spoken with. */
static void test_no_message(void **state)
{
    struct scene *s = *state;
    const struct um_wire_msg ours = {.what = UM_WIRE_WANT,
                                     .hash = s->mesh.mesh};

    assert_int_equal(try_to_say(s, &ours), P2P_EFORMAT);
    um_agent_free(s->agent);
    begin(s);
    assert_int_equal(um_agent_recv(s->agent, UM_STR("GET / HTTP/1.1\r\n\r\n")),
                     P2P_ETOOBIG);
    um_agent_free(s->agent);
    begin(s);
    assert_int_equal(um_agent_recv(s->agent, um_str_n("\0\0\0\1x", 5)),
                     P2P_EFORMAT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_revision_runs),
        TEST(test_of_no_mesh),
        TEST(test_who_may_not_write),
        TEST(test_no_way_back),
        TEST(test_back_from_what_was_refused),
        TEST(test_what_it_comes_to),
        TEST(test_another_document),
        TEST(test_the_policy),
        TEST(test_a_trial),
        TEST(test_a_trial_of_who_may_not_write),
        TEST(test_one_at_a_time),
        TEST(test_an_order_in_between),
        TEST(test_an_order_that_was_held_back),
        TEST(test_what_came_back_runs),
        TEST(test_a_slot_that_is_kept_back),
        TEST(test_words_with_a_zero),
        TEST(test_a_record_that_cannot_be_written),
        TEST(test_another_mesh),
        TEST(test_a_mesh_that_came_to_nothing),
        TEST(test_a_lost_record),
        TEST(test_a_damaged_record),
        TEST(test_gets),
        TEST(test_too_many_gets),
        TEST(test_too_much_to_keep),
        TEST(test_too_many_statements),
        TEST(test_no_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The applier when memory runs out: nothing leaks; an order that came is told
 * of, once, or the node learns that it is told nothing; what was done is on the
 * disk; and what failed can be done again. */
#include <stdio.h>
#include <string.h>

#include "failing_mem.h"
#include "fetch_rig.h"
#include "mesh/applier/agent.h"
#include "mesh/applier/wire.h"
#include "mesh/base/result.h"
#include "mesh_maker.h"
#include "p2p/err.h"
#include "p2p/hash.h"
#include "unit.h"

enum { ME = 1, WRITER = 2, OUT = 1 << 16, ROUNDS = 40, ORDERS = 2 };

#define SCRIPT "export default {}"
#define CONFIG "{\"routes\":[{\"action\":{\"return\":201}}]}"
#define BLANK  "{\"listeners\":{},\"routes\":[],\"applications\":{}}"

/* What the node says, made before memory runs out. */
struct words {
    struct mesh_maker mesh;
    struct um_policy policy;
    struct um_buf start, roster, orders[ORDERS], doc, script, get;
};

/* A run: the agent, its Unit, its disk, and what it said. */
struct run {
    const struct words *w;
    struct um_fetch net;
    struct um_unit *unit;
    struct um_applier *applier;
    struct um_agent *agent;
    char config[1000]; /* what Unit runs */
    bool script;       /* Unit has it */
    bool recorded;     /* something is on the disk */
    bool early;        /* Unit was given something before that */
    bool mute;         /* the node was told that it is told nothing */
    char out[OUT];
    size_t out_n;
    unsigned outcomes[ORDERS + 1]; /* by the order's number */
    unsigned gots;
    bool done;
};

/* ---- what an agent is made of */

static uint64_t wall_ms(void *clock)
{
    const struct run *r = clock;

    return MESH_MAKER_T0 + r->net.now_ms;
}

static void on_send(void *user, struct um_str bytes)
{
    struct run *r = user;

    r->mute = r->mute || bytes.p == NULL;
    if (r->mute)
        return;
    assert_true(r->out_n + bytes.len <= OUT);
    memcpy(r->out + r->out_n, bytes.p, bytes.len);
    r->out_n += bytes.len;
}

static int load(void *user, const char *name, struct um_buf *out)
{
    (void)user;
    (void)name;
    (void)out;
    return P2P_ENOTFOUND;
}

static int save(void *user, const char *name, struct um_str bytes)
{
    struct run *r = user;

    assert_true(bytes.len > 0);
    r->recorded = r->recorded || strcmp(name, "record") == 0;
    return 0;
}

static int drop(void *user, const char *name)
{
    (void)user;
    (void)name;
    return 0;
}

/* ---- Unit */

static const char *show(struct run *r, const char *path)
{
    if (strcmp(path, "/config") == 0)
        return r->config;
    return strcmp(path, "/js_modules") == 0 && r->script
               ? "{\"lib_00000000\":{}}"
               : "{}";
}

static void answer(struct run *r)
{
    const struct um_fetch_job *j = fetch_rig_job(&r->net);
    const char *path = strchr(j->url + 7, '/');

    if (strcmp(j->method, "PUT") == 0) {
        r->early = r->early || !r->recorded;
        if (strcmp(path, "/config") == 0)
            (void)snprintf(r->config, sizeof r->config, "%s", j->body);
        else
            r->script = true;
        fetch_rig_answer(&r->net, 200, "{\"success\":\"done\"}");
    } else {
        fetch_rig_answer(&r->net, 200, show(r, path));
    }
}

static void pass(struct run *r)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        while (fetch_rig_job(&r->net) != NULL)
            answer(r);
        (void)fetch_rig_ring(&r->net);
    }
}

/* ---- a run */

static void hear(struct run *r)
{
    const unsigned char *at = (const unsigned char *)r->out;
    const unsigned char *end = at + r->out_n;

    while (at < end) {
        size_t n = (size_t)at[0] << 24 | (size_t)at[1] << 16 |
                   (size_t)at[2] << 8 | at[3];
        struct um_wire_msg m;

        assert_true((size_t)(end - at) >= 4 + n);
        assert_int_equal(um_wire_read(um_str_n((const char *)at + 4, n), &m),
                         0);
        if (m.what == UM_WIRE_OUTCOME) {
            assert_true(m.number > 0 && m.number <= ORDERS);
            r->outcomes[m.number]++;
            r->done = r->done || m.outcome == UM_RESULT_DONE;
        }
        r->gots += m.what == UM_WIRE_GOT;
        at += 4 + n;
    }
    r->out_n = 0;
}

static int say(struct run *r, const struct um_buf *b)
{
    int err = um_agent_recv(r->agent, um_buf_view(b));

    pass(r);
    hear(r);
    return err;
}

/* An order, and what it wants. */
static int give(struct run *r, unsigned nth)
{
    const struct words *w = r->w;
    const struct um_buf *all[] = {&w->start,       &w->roster, &w->get,
                                  &w->orders[nth], &w->doc,    &w->script};
    int err = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all && err == 0; i++)
        err = say(r, all[i]);
    if (err != 0 || r->mute)
        return P2P_ENOMEM;
    assert_int_equal(r->outcomes[nth + 1], 1);
    assert_int_equal(r->gots, nth + 1);
    if (r->done) {
        assert_string_equal(r->config, CONFIG);
        assert_true(r->script && r->recorded);
    }
    return r->done ? 0 : P2P_ENOMEM;
}

static int begin(struct run *r, const struct words *w)
{
    const struct um_unit_cfg unit = {.target = "http://127.0.0.1:8888",
                                     .fetch = &r->net,
                                     .alarms = &r->net.alarms,
                                     .log = &r->net.log};
    struct um_agent_cfg cfg = {.alarms = &r->net.alarms,
                               .log = &r->net.log,
                               .policy = &w->policy,
                               .key = w->mesh.keys[ME],
                               .name = "me",
                               .files = {r, load, save, drop},
                               .wall_ms = wall_ms,
                               .clock = r,
                               .send = on_send,
                               .user = r};

    memset(r, 0, sizeof *r);
    r->w = w;
    fetch_rig_init(&r->net);
    (void)snprintf(r->config, sizeof r->config, "%s", BLANK);
    r->unit = um_unit_new(&unit);
    assert_non_null(r->unit);
    r->applier = um_applier_new(r->unit, &r->net.alarms, &r->net.log);
    cfg.unit = r->unit;
    cfg.applier = r->applier;
    if (r->applier != NULL)
        r->agent = um_agent_new(&cfg);
    return r->agent != NULL ? 0 : P2P_ENOMEM;
}

static void end(struct run *r)
{
    um_agent_free(r->agent);
    um_unit_free(r->unit);
    um_applier_free(r->applier);
    fetch_rig_fini(&r->net);
    assert_false(r->early);
}

static int body(void *arg)
{
    static struct run r;
    int err = begin(&r, arg);

    if (err == 0)
        err = give(&r, 0);
    end(&r);
    return err;
}

/* ---- the node's words */

static void write(struct um_buf *out, const struct um_wire_msg *m)
{
    um_wire_write(out, m);
    assert_false(um_buf_failed(out));
}

static struct um_name hash_of(const char *text)
{
    struct um_name n;

    p2p_sha256(text, strlen(text), n.b);
    return n;
}

static void write_orders(struct words *w, const char *doc)
{
    struct um_revision rev = {.mesh = w->mesh.mesh,
                              .parents = {w->mesh.r1_id},
                              .parents_n = 1,
                              .number = 2,
                              .wall_ms = MESH_MAKER_T0 + 2,
                              .doc = hash_of(doc),
                              .doc_bytes = (uint32_t)strlen(doc)};
    struct um_wire_msg m = {.what = UM_WIRE_ORDER,
                            .order = UM_WIRE_RUN,
                            .effective = hash_of(CONFIG),
                            .text = UM_STR("r2.test")};
    struct um_buf envelope = UM_BUF_INIT, list = UM_BUF_INIT;

    assert_int_equal(um_revision_seal(&rev, w->mesh.keys[WRITER], &envelope),
                     0);
    um_wire_put_revision(&list, um_buf_view(&envelope));
    m.revision = rev.id;
    m.revisions = um_buf_view(&list);
    for (unsigned i = 0; i < ORDERS; i++) {
        m.number = i + 1;
        write(&w->orders[i], &m);
    }
    um_buf_fini(&envelope);
    um_buf_fini(&list);
}

static void write_roster(struct words *w)
{
    struct um_wire_msg m = {.what = UM_WIRE_STATEMENTS};
    struct um_buf list = UM_BUF_INIT;

    for (size_t i = w->mesh.statements_n; i-- > 0;)
        um_wire_put_statement(&list, um_buf_view(&w->mesh.statements[i]));
    m.statements = um_buf_view(&list);
    write(&w->roster, &m);
    um_buf_fini(&list);
}

static void write_paper(struct um_buf *out, const char *text)
{
    write(out, &(struct um_wire_msg){.what = UM_WIRE_PAPER,
                                     .hash = hash_of(text),
                                     .bytes = um_str(text)});
}

static void make(struct words *w)
{
    const struct um_name script = hash_of(SCRIPT);
    char doc[300], hex[UM_NAME_TEXT_MAX];

    memset(w, 0, sizeof *w);
    mesh_maker_init(&w->mesh, 2);
    um_policy_default(&w->policy);
    (void)snprintf(doc, sizeof doc,
                   "{\"base\":" CONFIG ",\"js_modules\":{\"lib\":\"%s\"}}",
                   um_name_text(&script, hex));
    write(&w->start,
          &(struct um_wire_msg){.what = UM_WIRE_START, .mesh = w->mesh.mesh});
    write(&w->get,
          &(struct um_wire_msg){
              .what = UM_WIRE_GET, .number = 9, .text = UM_STR("/status")});
    write_roster(w);
    write_orders(w, doc);
    write_paper(&w->doc, doc);
    write_paper(&w->script, SCRIPT);
}

static void unmake(struct words *w)
{
    struct um_buf *all[] = {&w->start, &w->roster, &w->orders[0], &w->orders[1],
                            &w->doc,   &w->script, &w->get};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        um_buf_fini(all[i]);
    mesh_maker_fini(&w->mesh);
}

/* ---- tests */

static void test_nothing_leaks(void **state)
{
    static struct words w;

    (void)state;
    make(&w);
    assert_true(failing_mem_each(body, &w) > 100);
    unmake(&w);
}

/* An agent that was short of memory once does what it is told afterwards. */
static void test_again(void **state)
{
    static struct words w;
    static struct run r;
    size_t nth = 0;
    int err;

    (void)state;
    make(&w);
    do {
        failing_mem_set(++nth, 0);
        err = begin(&r, &w);
        if (err == 0)
            err = give(&r, 0);
        failing_mem_set(0, 0);
        if (err != 0 && r.agent != NULL && !r.mute && r.gots == 1)
            assert_int_equal(give(&r, 1), 0);
        end(&r);
    } while (err != 0 || nth < 100);
    unmake(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_leaks),
        cmocka_unit_test(test_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

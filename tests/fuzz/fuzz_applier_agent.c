/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An applier under a hostile node: a byte is what the node says, or what its
 * Unit, its clock and its disk do. Whatever they are: Unit is given nothing but
 * what was ordered and is signed, or tried by who may; not before it is noted;
 * never what is behind what ran; nothing is asked for that no order names, nor
 * twice; an order is told of once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_rig.h"
#include "mesh/applier/agent.h"
#include "mesh/applier/wire.h"
#include "mesh/base/result.h"
#include "mesh/trust/fact.h"
#include "mesh/trust/seal.h"
#include "mesh_maker.h"
#include "p2p/err.h"
#include "p2p/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two hundred steps. */
#define INPUT_MAX 400

enum {
    ME = 1,
    WRITER = 2,
    STRANGER = 5,
    DOCS = 7,   /* documents; the last comes to nothing */
    PAPERS = 9, /* those, a script, a sealed object */
    REVS = 8,   /* of a document each; the last is a stranger's */
    FACTS = 4,  /* of the trial, which is revision 4 */
    TRIAL = 4,
    FILES = 3,
    NUMBERS = 256,
    DEADLINE_MS = 600000
};

#define OF(n) "{\"routes\":[{\"action\":{\"return\":20" n "}}]}"

static const char *const texts[DOCS] = {
    "{\"base\":" OF("0") "}", "{\"base\":" OF("1") "}",
    "{\"base\":" OF("2") "}", "{\"base\":" OF("3") "}",
    "{\"base\":" OF("4") "}",
    /* The script and the object stand where the stars are. */
    "{\"base\":{\"routes\":[{\"action\":{\"return\":\"{{code}}\"}}]},"
    "\"js_modules\":{\"lib\":\"*\"},\"variables\":{\"code\":{\"sealed\":\"*\"}"
    "}}",
    "{\"base\":{\"routes\":\"{{none}}\"}}"};

static const char *const configs[DOCS] = {OF("0"), OF("1"), OF("2"), OF("3"),
                                          OF("4"), OF("5"), ""};

/* What there is in the world, made once. */
static struct {
    bool made;
    struct mesh_maker mesh;
    struct um_buf papers[PAPERS];
    struct um_name hashes[PAPERS];
    struct um_name effective[DOCS];
    struct um_buf revs[REVS];
    struct um_name ids[REVS];
    struct um_buf facts[FACTS];
    uint8_t slot[UM_SEALED_SLOT_BYTES];
} w;

/* What is so in one run. */
struct run {
    struct um_fetch net;
    struct um_unit *unit;
    struct um_applier *applier;
    struct um_policy policy;
    struct um_agent_cfg cfg;
    struct um_agent *agent;
    struct um_wire_in in;  /* the same that the agent hears */
    struct um_wire_in out; /* what it says */
    struct um_buf files[FILES];
    bool disk_full;
    struct um_buf config; /* what Unit runs */
    struct um_name start; /* the document that ran, as the node said */
    bool told_genesis, told_grant;
    bool ordered[REVS]; /* since the applier began */
    bool tried[DOCS];   /* by who might */
    bool looked_at[PAPERS];
    bool wanted[PAPERS];
    bool ran[REVS];  /* Unit took it, as the node was told, and no no since */
    int current;     /* the revision that did last; -1: none */
    bool muddled;    /* numbers came twice: nobody knows what ran */
    bool loose;      /* the applier works for an agent that is gone */
    unsigned number; /* the last that was given */
    bool examined[NUMBERS];
    int order[NUMBERS]; /* what a number is: 0: free, 1: a trial, 2: told of,
                           3: a GET, 4: several, 10 + n: of revision n */
};

static void need(bool fine)
{
    if (!fine)
        abort();
}

/* ---- the world */

static void put_star(struct um_buf *out, const struct um_name *hash)
{
    char hex[UM_NAME_TEXT_MAX];

    um_buf_text(out, um_name_text(hash, hex));
}

static void hash_paper(unsigned i)
{
    p2p_sha256(w.papers[i].p, w.papers[i].len, w.hashes[i].b);
}

static void make_sealed(void)
{
    static const uint8_t entropy[32] = {1};
    const struct um_sealed_plan plan = {.mesh = w.mesh.mesh,
                                        .name = UM_STR("variables/code"),
                                        .content = UM_STR("205"),
                                        .members = {&w.mesh.names[WRITER], 1},
                                        .entropy = entropy};
    struct um_sealed s;

    need(um_sealed_make(&plan, &w.papers[DOCS + 1]) == 0);
    need(um_sealed_read(um_buf_view(&w.papers[DOCS + 1]), &s) == 0);
    need(um_sealed_slot_make(
             &s, &(struct um_sealed_opener){.key = w.mesh.keys[WRITER]},
             entropy, &w.mesh.names[ME], w.slot) == 0);
}

static void make_papers(void)
{
    um_buf_text(&w.papers[DOCS], "export default {}");
    make_sealed();
    hash_paper(DOCS);
    hash_paper(DOCS + 1);
    for (unsigned i = 0; i < DOCS; i++) {
        unsigned star = DOCS;

        for (const char *c = texts[i]; *c != '\0'; c++) {
            if (*c == '*')
                put_star(&w.papers[i], &w.hashes[star++]);
            else
                um_buf_byte(&w.papers[i], *c);
        }
        hash_paper(i);
        p2p_sha256(configs[i], strlen(configs[i]), w.effective[i].b);
    }
}

static unsigned doc_of(unsigned rev)
{
    return rev % DOCS;
}

static void make_revs(void)
{
    for (unsigned i = 0; i < REVS; i++) {
        struct um_revision r = {
            .mesh = w.mesh.mesh,
            .parents = {w.mesh.r1_id},
            .parents_n = 1,
            .doc = w.hashes[doc_of(i)],
            .doc_bytes = (uint32_t)w.papers[doc_of(i)].len,
            .number = 2 + i,
            .wall_ms = MESH_MAKER_T0 + i,
            .policy = i == TRIAL ? UM_TRIAL : UM_IMMEDIATE,
            .deadline_ms = i == TRIAL ? DEADLINE_MS : 0,
            .first = {&w.mesh.names[ME], i == TRIAL ? 1 : 0}};
        unsigned by = i == REVS - 1 ? STRANGER : WRITER;

        need(um_revision_seal(&r, w.mesh.keys[by], &w.revs[i]) == 0);
        w.ids[i] = r.id;
    }
}

static void make_facts(void)
{
    static const enum um_fact_what what[FACTS] = {UM_CONFIRM, UM_ABORT,
                                                  UM_CONFIRM, UM_CONFIRM};
    static const unsigned by[FACTS] = {WRITER, WRITER, STRANGER, ME};

    for (unsigned i = 0; i < FACTS; i++) {
        struct um_fact f = {.mesh = w.mesh.mesh,
                            .revision = w.ids[TRIAL],
                            .wall_ms = MESH_MAKER_T0 + 10 + i,
                            .what = what[i]};

        need(um_fact_seal(&f, w.mesh.keys[by[i]], &w.facts[i]) == 0);
    }
}

static void make_world(void)
{
    if (w.made)
        return;
    w.made = true;
    mesh_maker_init(&w.mesh, 2);
    make_papers();
    make_revs();
    make_facts();
}

/* ---- what the applier has */

static uint64_t wall_ms(void *clock)
{
    const struct run *r = clock;

    return MESH_MAKER_T0 + r->net.now_ms;
}

static struct um_buf *file(struct run *r, const char *name)
{
    return &r->files[strcmp(name, "roster") == 0   ? 0
                     : strcmp(name, "record") == 0 ? 1
                                                   : 2];
}

static int load(void *user, const char *name, struct um_buf *out)
{
    const struct um_buf *f = file(user, name);

    um_buf_str(out, um_buf_view(f));
    return f->len > 0 ? 0 : P2P_ENOTFOUND;
}

static int save(void *user, const char *name, struct um_str bytes)
{
    struct run *r = user;
    struct um_buf *f = file(r, name);

    if (r->disk_full)
        return P2P_EIO;
    um_buf_clear(f);
    um_buf_str(f, bytes);
    return 0;
}

static int drop(void *user, const char *name)
{
    struct run *r = user;

    um_buf_fini(file(r, name));
    if (strcmp(name, "record") == 0) {
        memset(r->ran, 0, sizeof r->ran);
        r->current = -1;
    }
    return 0;
}

static void on_send(void *user, struct um_str bytes)
{
    struct run *r = user;

    need(bytes.len > 0);
    need(um_wire_in_add(&r->out, bytes) == 0);
}

static void begin(struct run *r)
{
    r->agent = um_agent_new(&r->cfg);
    need(r->agent != NULL);
}

static struct run *run_new(bool may_leave)
{
    struct run *r = calloc(1, sizeof *r);
    struct um_unit_cfg unit = {.target = "http://127.0.0.1:8888"};

    need(r != NULL);
    fetch_rig_init(&r->net);
    unit.fetch = &r->net;
    unit.alarms = &r->net.alarms;
    r->unit = um_unit_new(&unit);
    r->applier = um_applier_new(r->unit, &r->net.alarms, NULL);
    um_policy_default(&r->policy);
    um_buf_text(&r->config, "{}");
    r->current = -1;
    r->cfg = (struct um_agent_cfg){.unit = r->unit,
                                   .applier = r->applier,
                                   .alarms = &r->net.alarms,
                                   .policy = &r->policy,
                                   .key = w.mesh.keys[ME],
                                   .name = "me",
                                   .files = {r, load, save, drop},
                                   .may_leave = may_leave,
                                   .wall_ms = wall_ms,
                                   .clock = r,
                                   .send = on_send,
                                   .user = r};
    begin(r);
    return r;
}

static void run_free(struct run *r)
{
    um_agent_free(r->agent);
    um_unit_free(r->unit);
    um_applier_free(r->applier);
    fetch_rig_fini(&r->net);
    um_wire_in_fini(&r->in);
    um_wire_in_fini(&r->out);
    for (unsigned i = 0; i < FILES; i++)
        um_buf_fini(&r->files[i]);
    um_buf_fini(&r->config);
    free(r);
}

/* ---- what is noted of what is said */

static int find(const struct um_name *all, unsigned n, const struct um_name *x)
{
    for (unsigned i = 0; i < n; i++) {
        if (um_name_eq(&all[i], x))
            return (int)i;
    }
    return -1;
}

static void allow(struct run *r, int doc)
{
    if (doc < 0)
        return;
    r->looked_at[doc] = true;
    if (doc == 5)
        r->looked_at[DOCS] = r->looked_at[DOCS + 1] = true;
}

static void note_statements(struct run *r, struct um_str list)
{
    struct um_str one;

    while (um_pb_list_next(&list, &one)) {
        r->told_genesis |= um_str_eq(one, um_buf_view(&w.mesh.statements[0]));
        r->told_grant |= um_str_eq(one, um_buf_view(&w.mesh.statements[1]));
    }
}

static void note_number(struct run *r, const struct um_wire_msg *m, int rev)
{
    int is = m->what == UM_WIRE_GET                 ? 3
             : m->what == UM_WIRE_ORDER && rev >= 0 ? 10 + rev
                                                    : 1;

    if (m->number < NUMBERS)
        r->examined[m->number] = m->order == UM_WIRE_EXAMINE;
    if (m->number > 0 && m->number < NUMBERS)
        r->order[m->number] = r->order[m->number] == 0 ? is : 4;
    else
        r->muddled |= m->number > 0;
}

static bool is_busy(const struct run *r)
{
    struct um_applier_stats s;

    um_applier_stats(r->applier, &s);
    return s.busy;
}

static void note_said(struct run *r, const struct um_wire_msg *m)
{
    int doc = find(w.hashes, PAPERS, &m->hash);
    int rev = find(w.ids, REVS, &m->revision);

    if (m->what == UM_WIRE_STATEMENTS)
        note_statements(r, m->statements);
    if (m->what == UM_WIRE_START || m->what == UM_WIRE_TRY ||
        m->what == UM_WIRE_SCRATCH)
        allow(r, doc);
    if (m->what == UM_WIRE_TRY && doc >= 0 && doc < DOCS)
        r->tried[doc] |= r->told_genesis && r->told_grant;
    if (m->what == UM_WIRE_ORDER && rev >= 0 && rev < REVS - 1) {
        allow(r, (int)doc_of((unsigned)rev));
        r->ordered[rev] |= m->order != UM_WIRE_EXAMINE && r->told_genesis;
    }
    if (m->what == UM_WIRE_PAPER && doc >= 0)
        r->wanted[doc] = false;
    if (m->what == UM_WIRE_START || m->what == UM_WIRE_STOP)
        memset(r->wanted, 0, sizeof r->wanted);
    note_number(r, m, rev);
}

static void note_outcome(struct run *r, const struct um_wire_msg *m)
{
    int order = m->number < NUMBERS ? r->order[m->number] : 4;
    int rev = order - 10;

    need(order == 1 || order == 4 || order >= 10);
    r->muddled |= order == 4;
    if (order != 4)
        r->order[m->number] = 2;
    if (rev < 0)
        return;
    if (m->outcome == UM_RESULT_REFUSED)
        r->ran[rev] = false;
    if (m->outcome == UM_RESULT_DONE && !r->examined[m->number]) {
        r->ran[rev] = true;
        r->current = rev;
    }
}

static void note_heard(struct run *r, const struct um_wire_msg *m)
{
    int paper = find(w.hashes, PAPERS, &m->hash);

    need(m->what > UM_WIRE_LAST_TO);
    if (m->what == UM_WIRE_WANT) {
        need(paper >= 0 && r->looked_at[paper] && !r->wanted[paper]);
        r->wanted[paper] = true;
    } else if (m->what == UM_WIRE_OUTCOME) {
        note_outcome(r, m);
    } else if (m->what == UM_WIRE_GOT && m->number < NUMBERS) {
        need(r->order[m->number] == 3 || r->order[m->number] == 4);
        r->order[m->number] -= r->order[m->number] == 3;
    }
}

static void listen(struct run *r)
{
    struct um_str frame;
    struct um_wire_msg m;
    int rv;

    while ((rv = um_wire_in_next(&r->out, &frame)) == 1) {
        need(um_wire_read(frame, &m) == 0);
        note_heard(r, &m);
    }
    need(rv == 0);
}

/* Bytes from the node; false: the connection has ended. */
static bool node_says(struct run *r, struct um_str bytes)
{
    struct um_str frame;
    struct um_wire_msg m;
    int rv, rv2;

    need(um_wire_in_add(&r->in, bytes) == 0);
    need(um_agent_feed(r->agent, bytes) == 0);
    do {
        rv = um_wire_in_next(&r->in, &frame);
        if (rv == 1)
            rv = um_wire_read(frame, &m) != 0 || m.what > UM_WIRE_LAST_TO
                     ? P2P_EFORMAT
                     : 1;
        if (rv == 1)
            note_said(r, &m);
        rv2 = um_agent_step(r->agent);
        need(rv == rv2);
        listen(r);
    } while (rv == 1);
    return rv == 0;
}

/* ---- Unit */

/* What is about to run was ordered, may run, and is noted. */
static void check(struct run *r, const char *config)
{
    int doc = -1, rev = -1;

    for (int i = 0; i < DOCS; i++) {
        if (strcmp(config, configs[i]) == 0)
            doc = i;
    }
    need(doc >= 0);
    for (int i = 0; i < REVS; i++) {
        if (r->ordered[i] && (int)doc_of((unsigned)i) == doc)
            rev = i;
    }
    if (r->loose)
        return;
    need(rev >= 0 || r->tried[doc]);
    if (r->tried[doc])
        return; /* it may be that */
    need(memmem(r->files[1].p, r->files[1].len, w.revs[rev].p,
                w.revs[rev].len) != NULL);
    for (int i = rev + 1; i < REVS && rev != r->current && !r->muddled; i++)
        need(!r->ran[i] || i == TRIAL);
}

static void answer(struct run *r, uint8_t how)
{
    const struct um_fetch_job *j = fetch_rig_job(&r->net);
    bool put = j != NULL && strcmp(j->method, "PUT") == 0 &&
               strstr(j->url, "/config") != NULL;
    struct um_buf shown = UM_BUF_INIT;

    if (j == NULL)
        return;
    if (put)
        check(r, j->body);
    if (put && how < 2) {
        um_buf_clear(&r->config);
        um_buf_text(&r->config, j->body);
    }
    um_buf_str(&shown, um_buf_view(&r->config));
    um_buf_byte(&shown, '\0');
    if (how == 0)
        fetch_rig_answer(&r->net, 200, put ? "{}" : shown.p);
    else if (how < 3)
        fetch_rig_fail(&r->net, UM_FETCH_CLOSED);
    else if (how == 3)
        fetch_rig_fail(&r->net, UM_FETCH_CONNECT);
    else
        fetch_rig_answer(&r->net,
                         how == 4   ? 400
                         : how == 5 ? 500
                                    : 404,
                         "{\"error\":\"It\\u0000fails.\"}");
    um_buf_fini(&shown);
    listen(r);
    r->loose = r->loose && is_busy(r);
}

/* ---- the bytes */

/* The next byte; 0 at the end. */
static uint8_t next(struct um_str *in)
{
    uint8_t c = in->len > 0 ? (uint8_t)in->p[0] : 0;

    *in = um_str_skip(*in, 1);
    return c;
}

static bool say(struct run *r, const struct um_wire_msg *m)
{
    struct um_buf out = UM_BUF_INIT;
    bool ok;

    um_wire_write(&out, m);
    ok = node_says(r, um_buf_view(&out));
    um_buf_fini(&out);
    return ok;
}

static bool start(struct run *r, uint8_t c)
{
    struct um_wire_msg m = {.what = UM_WIRE_START,
                            .mesh = c & 1 ? w.mesh.r1_id : w.mesh.mesh};

    if (c & 2)
        m.hash = w.hashes[(c >> 4) % PAPERS];
    if (c & 4) {
        m.effective = w.effective[(c >> 4) % DOCS];
        m.bytes = UM_STR("{}");
    }
    return say(r, &m);
}

static bool statements(struct run *r, uint8_t which)
{
    struct um_buf list = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_STATEMENTS};
    bool ok = true;

    for (unsigned i = 0; i < 8; i++) {
        unsigned at = which & 128 ? 7 - i : i;

        if ((which >> at & 1) != 0 && at < w.mesh.statements_n)
            um_wire_put_statement(&list, um_buf_view(&w.mesh.statements[at]));
    }
    m.statements = um_buf_view(&list);
    if (list.len > 0)
        ok = say(r, &m);
    um_buf_fini(&list);
    return ok;
}

static bool order(struct run *r, uint8_t c, uint8_t with)
{
    struct um_buf revs = UM_BUF_INIT, facts = UM_BUF_INIT;
    unsigned rev = c % REVS;
    struct um_wire_msg m = {.what = UM_WIRE_ORDER,
                            .number = ++r->number,
                            .order = 1 + (c >> 3) % 3U,
                            .revision = w.ids[rev],
                            .text = UM_STR("r2.test")};
    bool ok;

    m.effective = w.effective[c & 128 ? 0 : doc_of(rev)];
    if ((with & 1) == 0)
        um_wire_put_revision(&revs, um_buf_view(&w.revs[rev]));
    if (with & 2)
        um_wire_put_revision(&revs, um_buf_view(&w.revs[(rev + 1) % REVS]));
    for (unsigned i = 0; i < FACTS; i++) {
        if (with & 4U << i)
            um_wire_put_fact(&facts, um_buf_view(&w.facts[i]));
    }
    m.revisions = um_buf_view(&revs);
    m.facts = um_buf_view(&facts);
    ok = say(r, &m);
    um_buf_fini(&revs);
    um_buf_fini(&facts);
    return ok;
}

static bool hear(struct run *r, uint8_t with)
{
    struct um_buf facts = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_HEAR};
    bool ok;

    for (unsigned i = 0; i < FACTS; i++) {
        if (with & 1U << i)
            um_wire_put_fact(&facts, um_buf_view(&w.facts[i]));
    }
    m.facts = um_buf_view(&facts);
    ok = say(r, &m);
    um_buf_fini(&facts);
    return ok;
}

static bool try_it(struct run *r, uint8_t c)
{
    unsigned doc = c % PAPERS;
    struct um_wire_msg m = {.what = UM_WIRE_TRY,
                            .number = ++r->number,
                            .hash = w.hashes[doc],
                            .effective = w.effective[doc % DOCS]};

    if (c >= 0xe0) /* there is none: the policy is asked, and nobody else */
        m.what = UM_WIRE_SCRATCH;
    return say(r, &m);
}

static bool paper(struct run *r, uint8_t c)
{
    unsigned which = c % 16U % PAPERS;
    struct um_wire_msg m = {.what = UM_WIRE_PAPER, .hash = w.hashes[which]};

    if ((c & 16) == 0)
        m.bytes = um_buf_view(&w.papers[c & 32 ? (which + 1) % PAPERS : which]);
    return say(r, &m);
}

/* All that is wanted is brought. */
static bool papers(struct run *r)
{
    bool ok = true;

    for (unsigned n = 0; n < 3 * PAPERS && ok; n++) {
        if (r->wanted[n % PAPERS])
            ok = paper(r, (uint8_t)(n % PAPERS));
    }
    return ok;
}

static bool slot(struct run *r, uint8_t c)
{
    uint8_t bytes[UM_SEALED_SLOT_BYTES];
    struct um_wire_msg m = {.what = UM_WIRE_SLOT, .hash = w.hashes[DOCS + 1]};

    memcpy(bytes, w.slot, sizeof bytes);
    bytes[0] ^= c & 1;
    m.bytes = um_str_n((const char *)bytes, sizeof bytes);
    return say(r, &m);
}

static bool get(struct run *r, uint8_t c)
{
    static const char *const paths[] = {
        "/config",      "/status", "/", "/control/applications/a/restart",
        "/config/../x", "/no"};
    const struct um_wire_msg m = {
        .what = UM_WIRE_GET,
        .number = ++r->number,
        .text = um_str(paths[c % (sizeof paths / sizeof *paths)])};

    return say(r, &m);
}

/* The node leaves the mesh. */
static void leave(struct run *r)
{
    memset(r->wanted, 0, sizeof r->wanted);
    r->loose = r->loose || is_busy(r);
    (void)um_agent_leave(r->agent);
    listen(r);
}

static bool plain(struct run *r, uint8_t c)
{
    struct um_wire_msg m = {.what = c % 4 == 0   ? UM_WIRE_STOP
                                    : c % 4 == 1 ? UM_WIRE_LOOK
                                                 : UM_WIRE_ADOPTED};

    if (c % 4 == 2) {
        leave(r);
        return true;
    }
    if (m.what == UM_WIRE_ADOPTED)
        m.effective = w.effective[(c >> 2) % DOCS];
    return say(r, &m);
}

static bool raw(struct run *r, struct um_str *in)
{
    size_t len = next(in) % 64U;
    struct um_str bytes = um_str_head(*in, len);

    *in = um_str_skip(*in, bytes.len);
    return bytes.len == 0 || node_says(r, bytes);
}

/* The process ends, and another one begins. */
static void again(struct run *r)
{
    um_agent_free(r->agent);
    um_wire_in_fini(&r->in);
    um_wire_in_fini(&r->out);
    memset(r->wanted, 0, sizeof r->wanted);
    memset(r->ordered, 0, sizeof r->ordered);
    memset(r->tried, 0, sizeof r->tried);
    r->loose = is_busy(r);
    begin(r);
}

/* Unit answers all that it is asked, and alarms go off. */
static void settle(struct run *r)
{
    for (unsigned i = 0; i < 12; i++) {
        while (fetch_rig_job(&r->net) != NULL)
            answer(r, 0);
        (void)fetch_rig_ring(&r->net);
        listen(r);
    }
}

static void world(struct run *r, uint8_t c)
{
    if (c < 16) {
        answer(r, c % 8);
    } else if (c < 32) {
        (void)fetch_rig_ring(&r->net);
        listen(r);
    } else if (c < 48) {
        r->net.now_ms += 1U << c % 16;
    } else if (c < 64) {
        r->net.now_ms += DEADLINE_MS;
    } else if (c < 80) {
        r->disk_full = c % 2 == 0;
    } else if (c < 96) {
        again(r);
    } else if (c < 112) { /* somebody changes Unit by hand */
        um_buf_clear(&r->config);
        um_buf_text(&r->config, configs[c % 6]);
    } else {
        settle(r);
    }
}

static bool step(struct run *r, struct um_str *in)
{
    uint8_t what = next(in), c = next(in);

    switch (what % 12) {
        case 0:
            return start(r, c);
        case 1:
            return statements(r, c);
        case 2:
            return order(r, c, next(in));
        case 3:
            return try_it(r, c);
        case 4:
            return paper(r, c);
        case 5:
            return papers(r);
        case 6:
            return slot(r, c);
        case 7:
            return get(r, c);
        case 8:
            return plain(r, c);
        case 9:
            return raw(r, in);
        case 10:
            world(r, c);
            return true;
        default:
            return hear(r, c);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in =
        um_str_n((const char *)data, size < INPUT_MAX ? size : INPUT_MAX);
    struct run *r;
    bool ok = true;

    make_world();
    r = run_new(next(&in) % 2 != 0);
    while (in.len > 0 && ok)
        ok = step(r, &in);
    settle(r);
    run_free(r);
    return 0;
}

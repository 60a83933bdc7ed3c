/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See flood.h. Each message is one that the applier reads: what is wrong with
 * it is what it says. Kinds are drawn by weight; a table has them.
 */
#include "flood.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/types.h"
#include "mesh/applier/keyring.h"

/* What waits to be written before we look what came. */
#define WINDOW 65536U

/* How long an order may take that has nothing beside it. */
#define ALONE_MS 20000U

/* How long one that is in order may take to run. */
#define RUN_MS 60000U

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_nsec / 1000000U;
}

static uint64_t draw(struct flood *f)
{
    f->seed ^= f->seed >> 12;
    f->seed ^= f->seed << 25;
    f->seed ^= f->seed >> 27;
    return f->seed * UINT64_C(2685821657736338717);
}

static unsigned below(struct flood *f, unsigned n)
{
    return (unsigned)(draw(f) >> 33) % n;
}

static void draw_bytes(struct flood *f, void *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ((char *)to)[i] = (char)(draw(f) >> 40);
    }
}

static struct um_name any_name(struct flood *f)
{
    struct um_name n;

    draw_bytes(f, n.b, sizeof n.b);
    return n;
}

/* A name that is one of ours, as often as not. */
static struct um_name some_name(struct flood *f)
{
    const struct rev *r = &f->world.revs[below(f, REVISIONS)];

    switch (below(f, 6)) {
        case 0:
            return r->id;
        case 1:
            return r->doc;
        case 2:
            return r->effective;
        default:
            return any_name(f);
    }
}

/* ---- what comes */

static void bring(struct flood *f, const struct um_name *hash)
{
    struct um_wire_msg m = {.what = UM_WIRE_PAPER,
                            .hash = *hash,
                            .bytes = world_paper(&f->world, hash)};

    line_say(&f->line, &m);
}

static void on_heard(void *user, const struct um_wire_msg *m)
{
    struct flood *f = user;

    if (m->what == UM_WIRE_WANT) {
        bring(f, &m->hash);
    } else if (m->what == UM_WIRE_GOT) {
        f->got = m->number > f->got ? m->number : f->got; /* Unit is slow */
    } else if (m->what == UM_WIRE_OUTCOME && m->outcome < 3) {
        f->outcomes[m->outcome]++;
        f->last = m->number;
        if (m->outcome == 0) {
            f->last_done = m->number;
        }
    }
}

static void on_answered(void *user, const struct um_keywire_say *s)
{
    struct flood *f = user;

    f->asked--;
    f->keys_yes += s->err == 0 ? 1 : 0;
    f->keys_no += s->err != 0 ? 1 : 0;
}

/* ---- honest ones */

static void say_start(struct flood *f)
{
    const struct um_wire_msg m = {.what = UM_WIRE_START,
                                  .mesh = f->world.mesh.mesh};

    line_say(&f->line, &m);
}

static void say_roster(struct flood *f)
{
    struct um_buf list = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_STATEMENTS};

    for (size_t i = 0; i < f->world.mesh.statements_n; i++) {
        um_wire_put_statement(&list, um_buf_view(&f->world.mesh.statements[i]));
    }
    m.statements = um_buf_view(&list);
    line_say(&f->line, &m);
    um_buf_fini(&list);
}

/* An order with a case of its own header and as many of those before it. */
static void say_order(struct flood *f, enum um_wire_order what,
                      const struct rev *r, unsigned before)
{
    struct um_buf list = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_ORDER,
                            .number = ++f->number,
                            .order = what,
                            .revision = r->id,
                            .effective = r->effective,
                            .text = UM_STR("r2.test")};

    um_wire_put_revision(&list, um_buf_view(&r->envelope));
    for (unsigned i = 0; i < before; i++) {
        um_wire_put_revision(&list, um_buf_view(&f->world.revs[i].envelope));
    }
    m.revisions = um_buf_view(&list);
    line_say(&f->line, &m);
    um_buf_fini(&list);
}

/* Until everything that was said has been taken. */
static int settle(struct flood *f)
{
    const struct um_wire_msg m = {
        .what = UM_WIRE_GET, .number = ++f->number, .text = UM_STR("/none")};

    line_say(&f->line, &m);
    while (!f->line.closed && (f->got != m.number || f->asked > 0)) {
        line_turn(&f->line, LINE_PATIENCE_MS);
    }
    if (f->line.closed) {
        (void)fprintf(stderr, "GET %llu was answered, of %llu; %llu asked\n",
                      (unsigned long long)f->got, (unsigned long long)m.number,
                      (unsigned long long)f->asked);
    }
    return f->line.closed ? -1 : 0;
}

void flood_init(struct flood *f, const int fds[2], uint64_t seed)
{
    memset(f, 0, sizeof *f);
    f->seed = seed != 0 ? seed : 1;
    f->line = (struct line){.fd = {fds[0], fds[1]},
                            .heard = on_heard,
                            .answered = on_answered,
                            .user = f};
    world_init(&f->world);
}

void flood_fini(struct flood *f)
{
    world_fini(&f->world);
    line_fini(&f->line);
}

int flood_begin(struct flood *f)
{
    say_start(f);
    say_roster(f);
    return settle(f);
}

int flood_run(struct flood *f, unsigned rev)
{
    uint64_t until = now_ms() + RUN_MS;

    /* As a node does it: while Unit is busy it comes again. */
    do {
        say_order(f, UM_WIRE_RUN, &f->world.revs[rev], rev);
        while (!f->line.closed && f->last != f->number) {
            line_turn(&f->line, LINE_PATIENCE_MS);
        }
        if (f->last_done != f->number) {
            line_turn(&f->line, 50);
        }
    } while (!f->line.closed && f->last_done != f->number && now_ms() < until);
    return f->last_done == f->number ? 0 : -1;
}

/* ---- those of an intruder */

/* Flips a bit, or not. */
static void spoil(struct flood *f, struct um_buf *b, size_t from)
{
    if (b->len > from && below(f, 4) != 0) {
        b->p[from + below(f, (unsigned)(b->len - from))] ^=
            (char)(1 << below(f, 8));
    }
}

static void order_of_nothing(struct flood *f)
{
    struct um_wire_msg m = {.what = UM_WIRE_ORDER,
                            .number = ++f->number,
                            .order = (enum um_wire_order)(1 + below(f, 3)),
                            .revision = some_name(f),
                            .effective = some_name(f)};

    line_say(&f->line, &m);
}

/* What ran before; [2] runs now, the later ones are for the end. */
static void order_again(struct flood *f)
{
    say_order(f, (enum um_wire_order)(1 + below(f, 3)),
              &f->world.revs[below(f, 2)], below(f, 3));
}

static void order_what_runs(struct flood *f)
{
    say_order(f, UM_WIRE_RUN, &f->world.revs[2], below(f, 3));
}

static void order_of_a_stranger(struct flood *f)
{
    say_order(f, (enum um_wire_order)(1 + below(f, 2)),
              &f->world.foreign[below(f, 3)], below(f, 3));
}

/* A header that says something else than what was signed. */
static void order_of_a_forgery(struct flood *f)
{
    struct rev r = f->world.revs[3 + below(f, REVISIONS - 3)];
    struct um_buf copy = UM_BUF_INIT;

    um_buf_str(&copy, um_buf_view(&r.envelope));
    copy.p[below(f, (unsigned)copy.len)] ^= (char)(1 << below(f, 8));
    r.envelope = copy;
    if (below(f, 2) == 0) {
        r.id = any_name(f);
    }
    say_order(f, UM_WIRE_RUN, &r, 0);
    um_buf_fini(&copy);
}

/* A document that is here and could be run, or any. */
static void try_something(struct flood *f)
{
    const struct rev *r = below(f, 2) == 0 ? &f->world.revs[below(f, REVISIONS)]
                                           : &f->world.foreign[below(f, 3)];
    bool real = below(f, 2) == 0;
    const struct um_wire_msg m = {
        .what = UM_WIRE_TRY,
        .number = ++f->number,
        .hash = real ? r->doc : some_name(f),
        .effective = real ? r->effective : some_name(f)};

    line_say(&f->line, &m);
}

static void state_something(struct flood *f)
{
    struct um_buf list = UM_BUF_INIT, one = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_STATEMENTS};
    const struct mesh_maker *w = &f->world.mesh;

    if (below(f, 2) == 0) {
        um_buf_str(&one, um_buf_view(&f->world.lies[below(f, 3)]));
    } else {
        um_buf_str(
            &one,
            um_buf_view(&w->statements[below(f, (unsigned)w->statements_n)]));
        spoil(f, &one, 0);
    }
    um_wire_put_statement(&list, um_buf_view(&one));
    m.statements = um_buf_view(&list);
    line_say(&f->line, &m);
    um_buf_fini(&list);
    um_buf_fini(&one);
}

/* Papers that nobody wants, or that are not what their hash says. */
static void bring_something(struct flood *f)
{
    char bytes[200];
    struct um_wire_msg m = {.what = UM_WIRE_PAPER, .hash = some_name(f)};

    draw_bytes(f, bytes, sizeof bytes);
    m.bytes = um_str_n(bytes, below(f, sizeof bytes));
    line_say(&f->line, &m);
}

static void bring_a_slot(struct flood *f)
{
    char bytes[UM_SEALED_SLOT_BYTES];
    struct um_wire_msg m = {.what = UM_WIRE_SLOT, .hash = some_name(f)};

    draw_bytes(f, bytes, sizeof bytes);
    m.bytes = um_str_n(bytes, sizeof bytes);
    line_say(&f->line, &m);
}

static void adopt_something(struct flood *f)
{
    const struct um_wire_msg m = {.what = UM_WIRE_ADOPTED,
                                  .effective = some_name(f)};

    line_say(&f->line, &m);
}

/* Requests in requests, other methods, paths that change something. */
static void get_something(struct flood *f)
{
    static const char *const paths[] = {
        "/config HTTP/1.1\r\n\r\nPUT /config HTTP/1.1\r\nContent-Length: 2\r\n",
        "/config\r\nX: y",
        "/control/applications/x/restart",
        "/control/applications/../../config",
        "/control",
        "/config/../control/applications/x/restart",
        "http://127.0.0.1/config",
        "@127.0.0.1:22/",
        "/certificates/%2e%2e/config",
        "",
    };
    char any[64];
    struct um_wire_msg m = {.what = UM_WIRE_GET, .number = ++f->number};

    for (size_t i = 0; i < sizeof any; i++) {
        any[i] = (char)(1 + below(f, 126));
    }
    m.text = below(f, 2) == 0
                 ? um_str(paths[below(f, (unsigned)P2P__COUNT(paths))])
                 : um_str_n(any, 1 + below(f, sizeof any - 1));
    if (m.text.len == 0) {
        m.text = UM_STR("//");
    }
    line_say(&f->line, &m);
}

static void get_what_is_shown(struct flood *f)
{
    const struct um_wire_msg m = {
        .what = UM_WIRE_GET, .number = ++f->number, .text = UM_STR("/config")};

    line_say(&f->line, &m);
}

static void look(struct flood *f)
{
    const struct um_wire_msg m = {.what = UM_WIRE_LOOK};

    line_say(&f->line, &m);
}

static void name_another_unit(struct flood *f)
{
    static const char *const at[] = {"unix:/tmp/mine", "http://127.0.0.1:1",
                                     "embedded", "file:///etc/passwd"};
    const struct um_wire_msg m = {
        .what = UM_WIRE_UNIT,
        .text = um_str(at[below(f, (unsigned)P2P__COUNT(at))])};

    line_say(&f->line, &m);
}

/* Ends, or begins in another mesh, or in this one with another past; then in
 * this one. */
static void begin_anew(struct flood *f)
{
    const struct um_wire_msg stop = {.what = UM_WIRE_STOP};
    struct um_wire_msg m = {
        .what = UM_WIRE_START,
        .mesh = below(f, 2) == 0 ? f->world.mesh.mesh : f->world.other.mesh,
        .hash = some_name(f),
        .effective = some_name(f),
        .bytes = UM_STR("{\"routes\":[]}")};

    line_say(&f->line, below(f, 2) == 0 ? &m : &stop);
    order_again(f);
    say_start(f);
}

/* ---- of the keys */

/* The text of an envelope: domain, type and payload with their lengths. */
static void put_part(struct um_buf *out, struct um_str s)
{
    um_pb_put_varint(out, s.len);
    um_buf_str(out, s);
}

/* What ME would sign as a writer, or an owner of it; or something like it. */
static void sign_an_item(struct flood *f)
{
    static const char *const domains[] = {"unitmesh-revision",
                                          "unitmesh-roster", "unitmesh-fact"};
    bool revision = below(f, 2) == 0;
    const struct um_buf *from = revision
                                    ? &f->world.foreign[below(f, 3)].envelope
                                    : &f->world.lies[below(f, 3)];
    struct um_str payload = um_item_payload(
        um_buf_view(from), revision ? UM_REVISION : UM_STATEMENT);
    struct um_buf text = UM_BUF_INIT, copy = UM_BUF_INIT;

    um_buf_str(&copy, payload);
    if (below(f, 2) == 0) {
        spoil(f, &copy, 0);
    }
    put_part(&text, um_str(below(f, 4) != 0 ? domains[revision ? 0 : 1]
                                            : domains[below(f, 3)]));
    put_part(&text, revision ? UM_STR("/unitmesh/revision")
                             : UM_STR("/unitmesh/roster"));
    put_part(&text, um_buf_view(&copy));
    f->asked++;
    line_ask(&f->line, UM_KEYWIRE_SIGN, 1 + below(f, 2), um_buf_view(&text));
    um_buf_fini(&text);
    um_buf_fini(&copy);
}

static void sign_anything(struct flood *f)
{
    char bytes[120];

    draw_bytes(f, bytes, sizeof bytes);
    f->asked++;
    line_ask(&f->line, UM_KEYWIRE_SIGN, 1 + below(f, 2),
             um_str_n(bytes, 1 + below(f, sizeof bytes - 1)));
}

static void leave(struct flood *f)
{
    f->asked++;
    line_ask(&f->line, UM_KEYWIRE_LEAVE, 1 + below(f, 2), UM_STR(""));
    say_start(f);
}

/* One of them with nothing else under way, and time to become something. */
static void alone(struct flood *f)
{
    static void (*const tries[])(struct flood * f) = {
        order_again, order_of_a_stranger, order_of_a_forgery, try_something};

    uint64_t until;

    say_start(f);
    (void)settle(f);
    tries[below(f, 4)](f);
    until = now_ms() + ALONE_MS;
    while (!f->line.closed && f->last != f->number && now_ms() < until) {
        line_turn(&f->line, 50);
    }
    f->ended += f->last == f->number ? 1 : 0;
    f->alone++;
}

static const struct kind {
    unsigned weight;
    void (*say)(struct flood *f);
} kinds[] = {
    {180, order_of_nothing},
    {70, order_again},
    {1, order_what_runs},
    {40, order_of_a_stranger},
    {40, order_of_a_forgery},
    {120, try_something},
    {50, state_something},
    {120, bring_something},
    {60, bring_a_slot},
    {50, adopt_something},
    {150, get_something},
    {2, get_what_is_shown},
    {2, look},
    {40, name_another_unit},
    {1, begin_anew},
    {2, alone},
    {30, sign_an_item},
    {30, sign_anything},
    {1, leave},
};

static const struct kind *pick(struct flood *f, unsigned sum)
{
    const struct kind *k = kinds;
    unsigned at = below(f, sum);

    while (at >= k->weight) {
        at -= k->weight;
        k++;
    }
    return k;
}

int flood_all(struct flood *f, uint64_t count)
{
    unsigned sum = 0;

    for (size_t i = 0; i < P2P__COUNT(kinds); i++) {
        sum += kinds[i].weight;
    }
    for (f->said = 0; f->said < count; f->said++) {
        pick(f, sum)->say(f);
        if (f->said % 64 == 0) {
            line_turn(&f->line, 0);
        }
        if (!line_drain(&f->line, WINDOW)) {
            return -1;
        }
    }
    say_start(f);
    return settle(f);
}

int flood_garbage(struct flood *f)
{
    char bytes[600];
    unsigned rounds = 0;

    /* Sometimes a whole message first, or a length that is one. */
    if (below(f, 2) == 0) {
        say_start(f);
    }
    while (!f->line.closed && rounds++ < 100000) {
        draw_bytes(f, bytes, sizeof bytes);
        if (below(f, 2) == 0) {
            memcpy(bytes, "\0\0\0\x20", 4);
        }
        um_buf_add(&f->line.out[0], bytes, 1 + below(f, sizeof bytes - 1));
        line_turn(&f->line, 0);
    }
    return f->line.closed ? 0 : -1;
}

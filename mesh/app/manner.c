/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See manner.h. The first batch is of members that are ready, in the order that
 * the driver takes them in, too. */
#include "mesh/app/manner.h"

#include "mesh/app/answer.h"
#include "mesh/app/span.h"
#include "mesh/model/author.h"

static const char *const words[] = {"trial", "staged", "deadline", "soak",
                                    "budget"};

unsigned um_manner_flags(const struct um_http_req *req)
{
    static const struct {
        const char *name;
        unsigned flag;
    } all[] = {{"supersede", UM_SUPERSEDE}, {"despite", UM_DESPITE},
               {"alone", UM_EVEN_ALONE},    {"force", UM_FORCE},
               {"skewed", UM_EVEN_SKEWED},  {"crowded", UM_EVEN_CROWDED}};
    unsigned flags = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        flags |= um_http_query(req, all[i].name) != NULL ? all[i].flag : 0;
    }
    return flags;
}

void um_manner_text(const struct um_http_req *req, struct um_buf *out)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *value = um_http_query(req, words[i]);

        if (value != NULL) {
            um_buf_text(out, words[i]);
            um_buf_byte(out, '=');
            um_buf_text(out, value);
            um_buf_byte(out, '\0');
        }
    }
}

/* A span in the query; false: it is none. */
static bool span(const struct um_http_req *req, const char *name, uint64_t *ms)
{
    const char *text = um_http_query(req, name);

    return text == NULL || text[0] == '\0' || um_span_parse(text, ms);
}

static bool number(const struct um_http_req *req, const char *name,
                   uint32_t *out)
{
    const char *text = um_http_query(req, name);
    int64_t n = text != NULL ? um_str_decimal(um_str(text)) : 0;

    *out = n >= 0 && n <= UM__CAP_NAMES ? (uint32_t)n : 0;
    return n >= 0 && n <= UM__CAP_NAMES;
}

/* Which members a rollout begins with. */
struct batch {
    bool selects;
    struct um_selector selector;
    bool percent;
    size_t n; /* so many, or of a hundred; 0: all that are selected */
};

static bool read_batch(struct um_str text, struct batch *out)
{
    struct um_str digits = text;
    int64_t n;

    *out = (struct batch){.n = 0};
    if (um_str_ends(text, UM_STR("%"))) {
        out->percent = true;
        digits = um_str_head(text, text.len - 1);
    }
    n = um_str_decimal(digits);
    if (n < 0) {
        out->selects = true;
        return !out->percent && um_selector_parse(text, &out->selector);
    }
    out->n = (size_t)n;
    return n > 0 && n <= (out->percent ? 100 : UM__CAP_NAMES);
}

static bool selects(struct um_node *n, const struct batch *b,
                    const struct um_name *member)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_node_facts facts;
    bool does = !b->selects || (um_node_facts(n, member, &a, &facts) == 0 &&
                                um_selector_matches(&b->selector, &facts));

    um_arena_fini(&a);
    return does;
}

/* Puts a member into the list, where its turn is. */
static void put(struct um_name *list, size_t n, const struct um_revision *r,
                const struct um_name *member)
{
    uint64_t turn = um_author_turn(r, member);

    while (n > 0 && um_author_turn(r, &list[n - 1]) > turn) {
        list[n] = list[n - 1];
        n--;
    }
    list[n] = *member;
}

/* The members of the first batch; how many. */
static size_t choose(struct um_node *n, const struct um_command *c,
                     const struct batch *b, struct um_name *list)
{
    struct um_model *m = um_node_model(n);
    const struct um_past *t = um_view_target(&m->view, &m->history);
    struct um_revision r = {.doc = c->doc};
    size_t found = 0, wanted;

    if (t != NULL) {
        r.parents[0] = t->rev.id;
    }
    for (size_t i = 0; i < m->roster.keys_n && found < UM__CAP_NAMES; i++) {
        const struct um_roster_key *k = um_roster_key_at(&m->roster, i);

        if ((k->now & UM_NODE) != 0 && um_author_may_open(m, &k->name) &&
            selects(n, b, &k->name)) {
            put(list, found++, &r, &k->name);
        }
    }
    wanted = b->percent ? (found * b->n + 99) / 100 : b->n;
    found = b->selects || wanted > found ? found : wanted;
    return um_namelist_sort(list, found);
}

/* Sets the first batch; false: it was answered why not. */
static bool stage(struct um_node *n, struct um_http_req *req,
                  struct um_command *c, struct um_manner *out)
{
    const char *text = um_http_query(req, "staged");
    struct batch b;

    c->first = UM_FIRST_ONE;
    if (text[0] == '\0') {
        return true;
    }
    if (!read_batch(um_str(text), &b)) {
        um_answer_error(req, 400, "Invalid request.",
                        "staged is a number of members, a percentage, or a "
                        "selector such as label:rack=a.");
        return false;
    }
    c->first = UM_FIRST_NAMED;
    c->nodes = (struct um_namelist){out->first, choose(n, c, &b, out->first)};
    if (c->nodes.n == 0) {
        um_answer_error(req, 409, "No member that is ready fits.",
                        "A rollout begins at members that were heard of "
                        "lately, whose clocks are near, and that run an "
                        "established revision.");
    }
    return c->nodes.n > 0;
}

/* What of the query says how a revision goes its way that has none: it would
 * be everywhere at once. NULL: nothing. */
static const char *astray(const struct um_http_req *req, bool trial,
                          bool staged)
{
    if (!staged && (um_http_query(req, "soak") != NULL ||
                    um_http_query(req, "budget") != NULL)) {
        return "soak and budget are of a rollout, which staged asks for.";
    }
    if (!staged && !trial && um_http_query(req, "deadline") != NULL) {
        return "A deadline is of a rollout or a trial, which staged and trial "
               "ask for.";
    }
    return trial && staged ? "It is a trial, or staged, not both." : NULL;
}

bool um_manner_read(struct um_node *n, struct um_http_req *req,
                    struct um_command *c, struct um_manner *out)
{
    bool trial = um_http_query(req, "trial") != NULL;
    bool staged = um_http_query(req, "staged") != NULL;
    const char *wrong = astray(req, trial, staged);

    c->flags = um_manner_flags(req);
    c->policy = trial ? UM_TRIAL : staged ? UM_STAGED : UM_IMMEDIATE;
    c->first = UM_FIRST_ALL;
    if (wrong != NULL) {
        um_answer_error(req, 400, "Invalid request.", wrong);
        return false;
    }
    if (!span(req, "trial", &c->deadline_ms) ||
        !span(req, "deadline", &c->deadline_ms) ||
        !span(req, "soak", &c->soak_ms) || !number(req, "budget", &c->budget)) {
        um_answer_error(req, 400, "Invalid request.",
                        "trial, deadline and soak are spans of time such as "
                        "10m, budget is a number of members.");
        return false;
    }
    return !staged || stage(n, req, c, out);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs the examples of docs/reference/documents.md, its argument: fenced
 * blocks that are called by what they are, each kind kept until the next one
 * of it; effective, probes, refused, problems, diff, merged, conflicts and
 * guard are what must come of those before.
 */
#include "doc_rig.h"

#include "mesh/doc/check.h"
#include "mesh/doc/diff.h"
#include "mesh/doc/guard.h"
#include "mesh/doc/merge3.h"
#include "mesh/doc/meshdoc.h"
#include "mesh/doc/uses.h"

enum { MOST_LABELS = 8, MOST_BUNDLES = 8 };

struct page {
    struct rig rig;
    const struct um_val *document;
    struct um_meshdoc_node node;
    struct um_label labels[MOST_LABELS];
    struct um_bundle bundles[MOST_BUNDLES];
    const struct um_val *old;
    const struct um_val *now;
    const struct um_val *base;
    const struct um_val *ours;
    const struct um_val *theirs;
    size_t checked;
};

static const char *file;

static struct um_str text_of(const struct um_val *v, const char *name)
{
    const struct um_val *m = um_val_member(v, um_str(name));

    assert_non_null(m);
    assert_int_equal(m->kind, UM_VAL_STRING);
    return m->text;
}

static void set_node(struct page *p, const struct um_val *v)
{
    const struct um_val *labels = um_val_member(v, UM_STR("labels"));

    assert_non_null(labels);
    assert_true(labels->count <= MOST_LABELS);
    for (size_t i = 0; i < labels->count; i++) {
        p->labels[i].key = labels->members.p[i].name;
        p->labels[i].value = labels->members.p[i].value.text;
    }
    p->node.facts = (struct um_node_facts){text_of(v, "id"), text_of(v, "name"),
                                           p->labels, labels->count};
}

/* The names of the document's scripts, by the hashes that it has. */
static void set_bundles(struct page *p, const struct um_meshdoc *doc)
{
    size_t n = doc->js_modules != NULL ? doc->js_modules->count : 0;

    assert_true(n <= MOST_BUNDLES);
    for (size_t i = 0; i < n; i++) {
        const struct um_member *m = &doc->js_modules->members.p[i];
        uint8_t hash[P2P_SHA256_BYTES] = {0};
        unsigned byte;

        for (size_t k = 0; k < 4; k++) {
            assert_int_equal(sscanf(m->value.text.p + 2 * k, "%2x", &byte), 1);
            hash[k] = (uint8_t)byte;
        }
        p->bundles[i] = (struct um_bundle){UM_BUNDLE_SCRIPT, m->name, m->name};
        assert_true(um_bundles_name(&p->rig.arena, UM_BUNDLE_SCRIPT, m->name,
                                    hash, &p->bundles[i].called));
    }
    p->node.bundles = (struct um_bundles){p->bundles, n};
}

static int run(struct page *p, struct um_val *out, struct um_meshdoc_error *err)
{
    struct um_meshdoc doc;
    int rc = um_meshdoc_init(&doc, &p->rig.arena, p->document, &err->what);

    if (rc != 0)
        return rc;
    set_bundles(p, &doc);
    return um_meshdoc_effective(&p->rig.arena, &doc, &p->node, out, err);
}

static void check_effective(struct page *p, const struct um_val *want)
{
    struct um_meshdoc_error err = {.what = {.text = ""}};
    struct um_val out;

    if (run(p, &out, &err) != 0)
        fail_msg("%s: %s", rig_str(&p->rig, err.what.pointer), err.what.text);
    if (!um_val_same(&out, want))
        fail_msg("%s", rig_text(&p->rig, &out));
}

static void check_refused(struct page *p, const char *want)
{
    struct um_buf *b = &p->rig.text;
    struct um_meshdoc_error err;
    struct um_val out;

    assert_int_not_equal(run(p, &out, &err), 0);
    um_buf_clear(b);
    um_buf_str(b, err.what.pointer);
    um_buf_fmt(b, ": %s\n", err.what.text);
    um_buf_byte(b, '\0');
    assert_string_equal(b->p, want);
}

static void check_same(const struct um_probe *a, const struct um_probe *b)
{
    assert_true(um_str_eq(a->name, b->name));
    assert_true(um_str_eq(a->listener, b->listener));
    assert_true(um_str_eq(a->path, b->path));
    assert_true(um_str_eq(a->host, b->host));
    assert_int_equal(a->status_min, b->status_min);
    assert_int_equal(a->status_max, b->status_max);
    assert_int_equal(a->interval_s, b->interval_s);
    assert_int_equal(a->timeout_s, b->timeout_s);
    assert_int_equal(a->failures, b->failures);
}

/* The probes of a node are those, which need nothing put in any more. */
static void check_probes(struct page *p, const struct um_val *want)
{
    const struct um_meshdoc plain = {.base = want, .probes = want};
    struct um_arena *a = &p->rig.arena;
    struct um_meshdoc_probes out, same;
    struct um_meshdoc doc;

    assert_int_equal(um_meshdoc_init(&doc, a, p->document, NULL), 0);
    assert_int_equal(um_meshdoc_probes(a, &doc, &p->node.facts, &out, NULL), 0);
    assert_int_equal(um_meshdoc_probes(a, &plain, &p->node.facts, &same, NULL),
                     0);
    assert_int_equal(out.n, same.n);
    for (size_t i = 0; i < out.n; i++)
        check_same(&out.list[i], &same.list[i]);
}

static bool no_name(void *user, struct um_str name)
{
    (void)user;
    (void)name;
    return false;
}

/* What the checks say of the document and of what it is on the node. */
static void check_problems(struct page *p, const char *want)
{
    const struct um_check_known known = {.certificate = no_name};
    struct um_buf *b = &p->rig.text;
    struct um_meshdoc_error err;
    struct um_problems found;
    struct um_meshdoc doc;
    struct um_val out;

    um_problems_init(&found, &p->rig.arena);
    assert_int_equal(run(p, &out, &err), 0);
    assert_int_equal(um_doc_check(&p->rig.arena, &out, &known, &found), 0);
    assert_int_equal(um_meshdoc_init(&doc, &p->rig.arena, p->document, NULL),
                     0);
    assert_int_equal(um_uses_check(&p->rig.arena, &doc, &found), 0);
    um_buf_clear(b);
    for (size_t i = 0; i < found.count; i++) {
        um_buf_text(b, found.item[i].severity == UM_PROBLEM_ERROR ? "error "
                                                                  : "warning ");
        um_buf_str(b, found.item[i].pointer);
        um_buf_fmt(b, ": %s\n", found.item[i].text);
    }
    um_buf_byte(b, '\0');
    assert_string_equal(b->p, want);
}

static void check_guard(struct page *p, const char *want)
{
    struct um_buf *b = &p->rig.text;
    const char *words = um_guard_words(um_guard_shrink(p->old, p->now));

    um_buf_clear(b);
    um_buf_fmt(b, "%s\n", words != NULL ? words : "");
    um_buf_byte(b, '\0');
    assert_string_equal(b->p, want);
}

static void check_diff(struct page *p, const char *want)
{
    struct um_buf *b = &p->rig.text;
    struct um_diff d;

    assert_true(
        um_diff_make(&p->rig.arena, p->old, p->now, UM_DIFF_ELEMENTS, &d));
    um_buf_clear(b);
    um_diff_print(b, &d);
    um_buf_byte(b, '\0');
    assert_string_equal(b->p, want);
}

static void check_merged(struct page *p, const struct um_val *want)
{
    struct um_merge3 m;

    assert_int_equal(
        um_merge3_run(&p->rig.arena, p->base, p->ours, p->theirs, &m), 0);
    assert_int_equal(m.conflicts, 0);
    if (!um_val_same(&m.value, want))
        fail_msg("%s", rig_text(&p->rig, &m.value));
}

static void check_conflicts(struct page *p, const char *want)
{
    struct um_buf *b = &p->rig.text;
    struct um_merge3 m;

    assert_int_equal(
        um_merge3_run(&p->rig.arena, p->base, p->ours, p->theirs, &m), 0);
    um_buf_clear(b);
    for (size_t i = 0; i < m.conflicts; i++) {
        um_buf_str(b, m.at[i]);
        um_buf_byte(b, '\n');
    }
    um_buf_byte(b, '\0');
    assert_string_equal(b->p, want);
}

static void take_text(struct page *p, const char *kind, const char *text)
{
    if (strcmp(kind, "refused") == 0)
        check_refused(p, text);
    else if (strcmp(kind, "problems") == 0)
        check_problems(p, text);
    else if (strcmp(kind, "guard") == 0)
        check_guard(p, text);
    else if (strcmp(kind, "diff") == 0)
        check_diff(p, text);
    else if (strcmp(kind, "conflicts") == 0)
        check_conflicts(p, text);
    else
        fail_msg("a block of text is called %s", kind);
    p->checked++;
}

static void take_json(struct page *p, const char *kind, const struct um_val *v)
{
    const struct {
        const char *kind;
        const struct um_val **slot;
    } inputs[] = {
        {"document", &p->document}, {"old", &p->old},   {"now", &p->now},
        {"base", &p->base},         {"ours", &p->ours}, {"theirs", &p->theirs},
    };

    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        if (strcmp(kind, inputs[i].kind) == 0) {
            *inputs[i].slot = v;
            return;
        }
    }
    if (strcmp(kind, "node") == 0) {
        set_node(p, v);
        return;
    }
    if (strcmp(kind, "effective") == 0)
        check_effective(p, v);
    else if (strcmp(kind, "probes") == 0)
        check_probes(p, v);
    else if (strcmp(kind, "merged") == 0)
        check_merged(p, v);
    else
        fail_msg("a block of JSON is called %s", kind);
    p->checked++;
}

/* Reads the page and runs each block when it ends. */
static void read_page(struct page *p, FILE *f)
{
    struct um_buf block = UM_BUF_INIT;
    char line[512], kind[32] = "";
    bool json = false;

    while (fgets(line, sizeof line, f) != NULL) {
        if (kind[0] == '\0') {
            json = sscanf(line, "```json %31s", kind) == 1;
            if (!json)
                (void)sscanf(line, "```text %31s", kind);
            um_buf_clear(&block);
        } else if (strcmp(line, "```\n") != 0) {
            um_buf_text(&block, line);
        } else {
            um_buf_byte(&block, '\0');
            if (json)
                take_json(p, kind, rig_val(&p->rig, block.p));
            else
                take_text(p, kind, block.p);
            kind[0] = '\0';
        }
    }
    assert_string_equal(kind, "");
    um_buf_fini(&block);
}

static void test_examples_of_the_page(void **state)
{
    struct page p = {.rig = {.arena = UM_ARENA_INIT}};
    FILE *f = fopen(file, "r");

    (void)state;
    assert_non_null(f);
    read_page(&p, f);
    (void)fclose(f);
    print_message("%zu examples\n", p.checked);
    assert_int_equal(p.checked, 13);
    rig_fini(&p.rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_of_the_page),
    };

    if (argc != 2)
        return 2;
    file = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Probes of a whole node with a Unit, which the test answers: when they are
 * asked, where, and what becomes of the node's health.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew_unit.h"
#include "unit.h"

#define LISTENS   "\"listeners\":{\"127.0.0.1:80\":{\"pass\":\"routes\"}}"
#define ROUTES(n) "\"routes\":[{\"action\":{\"return\":" #n "}}]"
#define PROBE                                                           \
    "\"probes\":{\"p\":{\"listener\":\"127.0.0.1:80\",\"path\":\"/h\"," \
    "\"host\":\"shop\",\"interval\":1,\"failures\":2}}"
#define PLAIN(n)  "{\"base\":{" LISTENS "," ROUTES(n) "}}"
#define PROBED(n) "{\"base\":{" LISTENS "," ROUTES(n) "}," PROBE "}"

/* What is asked, and is answered when the test says so. */
struct asks {
    um_prober_done *done; /* NULL: nothing is */
    void *arg;
    unsigned n; /* ever */
    unsigned cancelled;
    bool none; /* it cannot be asked */
    char where[64];
    char path[64];
    char host[64];
};

struct scene {
    struct crew *c;
    struct crew_unit u[1];
    struct asks asks;
    struct um_prober prober;
};

static void *start(void *user, const struct um_prober_ask *ask,
                   um_prober_done *done, void *arg)
{
    struct asks *a = user;

    if (a->none)
        return NULL;
    assert_null(a->done);
    a->done = done;
    a->arg = arg;
    a->n++;
    (void)snprintf(a->where, sizeof a->where, "%s", ask->authority);
    (void)snprintf(a->path, sizeof a->path, "%.*s", UM_STR_ARG(ask->path));
    (void)snprintf(a->host, sizeof a->host, "%.*s", UM_STR_ARG(ask->host));
    return a;
}

static void cancel(void *user, void *job)
{
    struct asks *a = user;

    assert_ptr_equal(job, a);
    assert_non_null(a->done);
    a->done = NULL;
    a->cancelled++;
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    struct mate *m;

    assert_non_null(s);
    s->prober = (struct um_prober){&s->asks, start, cancel};
    s->c = crew_new();
    m = crew_begin(s->c, PLAIN(200));
    m->prober = &s->prober;
    crew_unit_init(&s->u[0], m);
    mate_start(m);
    crew_work(s->c, s->u, 1, 20000);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    crew_unit_fini(&s->u[0]);
    crew_free(s->c);
    free(s);
    return 0;
}

static void work(struct scene *s, uint64_t ms)
{
    crew_work(s->c, s->u, 1, ms);
}

static const struct um_model *model(struct scene *s)
{
    return &s->c->mates[0].node->model;
}

static void publish(struct scene *s, const char *doc)
{
    struct told t;

    mate_publish(&s->c->mates[0], doc, &t);
    work(s, 200);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.answer, UM_OK);
    assert_true(um_name_eq(&model(s)->own.applied, &t.revision));
}

static void answer(struct scene *s, unsigned code, const char *text)
{
    um_prober_done *done = s->asks.done;

    assert_non_null(done);
    s->asks.done = NULL;
    done(s->asks.arg, code, text);
    work(s, 10);
}

static bool is_bad(struct scene *s)
{
    const struct um_own *own = &model(s)->own;

    return own->bad_n > 0 && um_name_eq(&own->bad[0].revision, &own->applied);
}

static void test_it_is_not_known_until_it_passed(void **state)
{
    struct scene *s = *state;

    assert_true(model(s)->healthy);
    publish(s, PROBED(201));
    assert_int_equal(s->asks.n, 1);
    assert_string_equal(s->asks.where, "127.0.0.1:80");
    assert_string_equal(s->asks.path, "/h");
    assert_string_equal(s->asks.host, "shop");
    assert_false(model(s)->healthy);
    assert_false(is_bad(s));
    assert_string_equal(
        model(s)->reason,
        "probe \"p\": no answer yet from http://127.0.0.1:80/h");
    answer(s, 200, "");
    assert_true(model(s)->healthy);
    assert_null(model(s)->reason);
    assert_null(s->asks.done);
    work(s, 1000);
    assert_int_equal(s->asks.n, 2);
    /* One failure is forgiven, two are not; the next that passes heals. */
    answer(s, 503, "");
    assert_true(model(s)->healthy);
    work(s, 1000);
    answer(s, 0, "refused");
    assert_false(model(s)->healthy);
    assert_true(is_bad(s));
    assert_string_equal(
        model(s)->reason,
        "probe \"p\": no answer (refused) from http://127.0.0.1:80/h");
    assert_int_equal(mate_said(&s->c->mates[0], "does not do well: probe"), 1);
    work(s, 1000);
    answer(s, 399, "");
    assert_true(model(s)->healthy);
    assert_false(is_bad(s));
}

static void test_another_revision_begins_anew(void **state)
{
    struct scene *s = *state;

    publish(s, PROBED(201));
    answer(s, 500, "");
    work(s, 1000);
    assert_int_equal(s->asks.n, 2);
    /* The same configuration with other probes is no change of Unit. */
    publish(s, PLAIN(201));
    assert_int_equal(s->asks.cancelled, 1);
    assert_true(model(s)->healthy);
    work(s, 5000);
    assert_int_equal(s->asks.n, 2);
    publish(s, PROBED(202));
    assert_int_equal(s->asks.n, 3);
    assert_false(model(s)->healthy);
    assert_false(is_bad(s));
}

static void test_unit_has_a_say_too(void **state)
{
    struct scene *s = *state;
    struct um_node *n = s->c->mates[0].node;

    publish(s, PROBED(201));
    answer(s, 200, "");
    um_probing_unit(n->probing, false);
    work(s, 10);
    assert_false(model(s)->healthy);
    assert_true(is_bad(s));
    assert_non_null(strstr(model(s)->reason, "no process"));
    work(s, 1000);
    answer(s, 200, ""); /* that does not make up for it */
    assert_false(model(s)->healthy);
    um_probing_unit(n->probing, true);
    work(s, 10);
    assert_true(model(s)->healthy);
}

static void test_after_a_start(void **state)
{
    struct scene *s = *state;
    struct mate *m = &s->c->mates[0];

    publish(s, PROBED(201));
    answer(s, 200, "");
    work(s, 5000);
    assert_int_equal(s->asks.n, 2);
    mate_stop(m);
    assert_int_equal(s->asks.cancelled, 1);
    mate_start(m);
    assert_false(model(s)->healthy);
    work(s, 1000);
    assert_int_equal(s->asks.n, 3);
    answer(s, 200, "");
    assert_true(model(s)->healthy);
    /* What was bad is so after a start, until it passes. */
    for (unsigned i = 0; i < 2; i++) {
        work(s, 1000);
        answer(s, 503, "");
    }
    assert_true(is_bad(s));
    work(s, 200);
    mate_stop(m);
    mate_start(m);
    work(s, 5000);
    assert_true(is_bad(s));
    answer(s, 200, "");
    assert_true(model(s)->healthy);
    assert_false(is_bad(s));
}

static void test_what_goes_nowhere(void **state)
{
    struct scene *s = *state;

    publish(s, "{\"base\":{" ROUTES(201) "}," PROBE "}");
    assert_int_equal(s->asks.n, 0);
    assert_true(is_bad(s));
    assert_string_equal(
        model(s)->reason,
        "probe \"p\": this node has no such listener (127.0.0.1:80)");
    /* It cannot be asked at all. */
    s->asks.none = true;
    publish(s, PROBED(202));
    work(s, 3000);
    assert_int_equal(s->asks.n, 0);
    assert_true(is_bad(s));
    s->asks.none = false;
    work(s, 1000);
    answer(s, 200, "");
    assert_true(model(s)->healthy);
}

static void test_a_label_changes_it(void **state)
{
    struct scene *s = *state;
    struct mate *m = &s->c->mates[0];

    publish(
        s, "{\"base\":{" LISTENS "," ROUTES(
               201) "}," PROBE
                    ",\"overlays\":{\"label:a=b\":{\"probes\":{\"p\":{\"path\":"
                    "\"/other\"}}}}}");
    answer(s, 200, "");
    mate_state(m, (struct um_statement){.what = UM_SET,
                                        .key = m->node->me,
                                        .name = UM_STR("c"),
                                        .value = UM_STR("d"),
                                        .seq = 1});
    assert_int_equal(s->asks.n, 1); /* that is none of it */
    assert_true(model(s)->healthy);
    mate_state(m, (struct um_statement){.what = UM_SET,
                                        .key = m->node->me,
                                        .name = UM_STR("a"),
                                        .value = UM_STR("b"),
                                        .seq = 2});
    work(s, 10);
    assert_int_equal(s->asks.n, 2);
    assert_string_equal(s->asks.path, "/other");
    assert_false(model(s)->healthy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_it_is_not_known_until_it_passed),
        T(test_another_revision_begins_anew),
        T(test_unit_has_a_say_too),
        T(test_after_a_start),
        T(test_what_goes_nowhere),
        T(test_a_label_changes_it),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The node's end of the socket to the applier: what it remembers of Unit, and
 * what it passes over or ends with when the applier says what is not so.
 */
#include "mesh/node/hands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/err.h"
#include "unit.h"

enum { TEXT = 4096 };

struct scene {
    struct um_hands *hands;
    struct um_buf out;  /* what it said to the applier */
    char told[TEXT];    /* what the member was told, a line each */
    unsigned lost;      /* messages for which there was no memory */
    struct um_str here; /* the one paper that is here; p NULL: none */
    struct um_alarms alarms;
    uint64_t now;
};

static void note(struct scene *s, const char *line)
{
    size_t n = strlen(s->told);

    assert_true(n + strlen(line) + 1 < TEXT);
    (void)snprintf(s->told + n, TEXT - n, "%s\n", line);
}

/* Whether that is what was told since the last time. */
static void told(struct scene *s, const char *lines)
{
    assert_string_equal(s->told, lines);
    s->told[0] = '\0';
}

static struct um_name name(uint8_t c)
{
    struct um_name n;

    memset(n.b, c, sizeof n.b);
    return n;
}

/* ---- the member */

static void on_live(void *user, const struct um_runner_live *live)
{
    char line[200];

    (void)snprintf(line, sizeof line, "live %u %.*s%s%s%s %.*s",
                   live->effective.b[0], UM_STR_ARG(live->version),
                   live->ours ? " ours" : "", live->blank ? " blank" : "",
                   live->other_unit ? " other" : "", UM_STR_ARG(live->config));
    note(user, line);
}

static void on_absent(void *user, const char *text)
{
    char line[200];

    (void)snprintf(line, sizeof line, "absent %s", text);
    note(user, line);
}

static void on_applied(void *user, enum um_result outcome,
                       const struct um_name *revision,
                       const struct um_name *effective, struct um_str text)
{
    char line[200];

    (void)snprintf(line, sizeof line, "applied %d %u %u %.*s", outcome,
                   revision->b[0], effective->b[0], UM_STR_ARG(text));
    note(user, line);
}

static void on_shown(void *user, const struct um_name *effective,
                     struct um_str config)
{
    char line[200];

    (void)snprintf(line, sizeof line, "shown %u %.*s", effective->b[0],
                   UM_STR_ARG(config));
    note(user, line);
}

static void on_health(void *user, bool healthy)
{
    note(user, healthy ? "well" : "ill");
}

static const struct um_runner_cb cb = {on_live,  on_absent, on_applied,
                                       on_shown, on_health, NULL};

static int on_paper(void *user, const struct um_name *hash, struct um_str *out)
{
    struct scene *s = user;

    (void)hash;
    *out = s->here;
    return s->here.p != NULL ? 0 : P2P_ENOTFOUND;
}

static void on_stated(void *user, struct um_str envelope)
{
    char line[200];

    (void)snprintf(line, sizeof line, "stated %.*s", UM_STR_ARG(envelope));
    note(user, line);
}

static void on_tried(void *user, enum um_result outcome, struct um_str text)
{
    char line[200];

    (void)snprintf(line, sizeof line, "tried %d %.*s", outcome,
                   UM_STR_ARG(text));
    note(user, line);
}

static void on_got(void *user, const struct um_unit_answer *a)
{
    char line[200];

    assert_int_equal(strlen(a->body), a->len);
    (void)snprintf(line, sizeof line, "got %d %ld %s %s", a->status, a->code,
                   a->body, a->text);
    note(user, line);
}

static void on_send(void *user, struct um_str bytes)
{
    struct scene *s = user;

    s->lost += bytes.p == NULL;
    um_buf_str(&s->out, bytes);
}

static uint64_t now_ms(void *user)
{
    const struct scene *s = user;

    return s->now;
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    const struct um_hands_cfg cfg = {NULL, on_send, s, &s->alarms};

    assert_non_null(s);
    s->alarms = (struct um_alarms){.user = s, .now_ms = now_ms};
    s->hands = um_hands_new(&cfg);
    assert_non_null(s->hands);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    um_hands_free(s->hands);
    um_buf_fini(&s->out);
    free(s);
    return 0;
}

static void start(struct scene *s, struct um_str shown)
{
    const struct um_hands_member m = {.mesh = name(1),
                                      .doc = name(2),
                                      .effective = name(3),
                                      .shown = shown,
                                      .statements = 7,
                                      .cb = &cb,
                                      .paper = on_paper,
                                      .stated = on_stated,
                                      .user = s};

    um_hands_start(s->hands, &m);
}

/* ---- the applier */

static int try_to_say(struct scene *s, const struct um_wire_msg *m)
{
    struct um_buf out = UM_BUF_INIT;
    int rv;

    um_wire_write(&out, m);
    rv = um_hands_recv(s->hands, um_buf_view(&out));
    um_buf_fini(&out);
    return rv;
}

static void say(struct scene *s, const struct um_wire_msg *m)
{
    assert_int_equal(try_to_say(s, m), 0);
}

/* The last thing that the applier heard, of so many; borrows from `in`. */
static struct um_wire_msg heard(struct scene *s, struct um_wire_in *in,
                                unsigned n)
{
    struct um_wire_msg m = {.what = 0};
    struct um_str frame;

    assert_int_equal(um_wire_in_add(in, um_buf_view(&s->out)), 0);
    um_buf_clear(&s->out);
    for (; n > 0; n--) {
        assert_int_equal(um_wire_in_next(in, &frame), 1);
        assert_int_equal(um_wire_read(frame, &m), 0);
    }
    assert_int_equal(um_wire_in_next(in, &frame), 0);
    return m;
}

static void outcome(struct scene *s, uint64_t number, unsigned what,
                    const char *text)
{
    const struct um_wire_msg m = {.what = UM_WIRE_OUTCOME,
                                  .number = number,
                                  .outcome = what,
                                  .text = um_str(text)};

    say(s, &m);
}

/* ---- tests */

/* What Unit shows is told, and remembered as long as they are a member's. */
static void test_what_unit_shows(void **state)
{
    struct scene *s = *state;
    const struct um_wire_msg live = {.what = UM_WIRE_LIVE,
                                     .effective = name(7),
                                     .ours = true,
                                     .text = UM_STR("1.35.0"),
                                     .modules = UM_STR("[\"php\"]"),
                                     .bytes = UM_STR("{}")};
    const struct um_wire_msg shown = {.what = UM_WIRE_SHOWN,
                                      .effective = name(8),
                                      .bytes = UM_STR("{\"a\":1}")};
    const struct um_wire_msg ill = {.what = UM_WIRE_HEALTH};
    const struct um_wire_msg gone = {.what = UM_WIRE_ABSENT,
                                     .text = UM_STR("no socket")};

    say(s, &live);
    told(s, ""); /* of nobody yet */
    start(s, UM_STR("{\"was\":1}"));
    assert_null(um_hands_config(s->hands).p);
    assert_true(um_str_eq(um_hands_shown(s->hands), UM_STR("{\"was\":1}")));
    say(s, &live);
    told(s, "live 7 1.35.0 ours {}\n");
    assert_string_equal(um_hands_modules(s->hands), "[\"php\"]");
    assert_true(um_str_eq(um_hands_config(s->hands), UM_STR("{}")));
    say(s, &shown);
    told(s, "shown 8 {\"a\":1}\n");
    assert_true(um_str_eq(um_hands_config(s->hands), UM_STR("{\"a\":1}")));
    assert_true(um_str_eq(um_hands_shown(s->hands), UM_STR("{\"a\":1}")));
    say(s, &ill);
    say(s, &gone);
    told(s, "ill\nabsent no socket\n");
    um_hands_stop(s->hands);
    say(s, &live);
    told(s, "");
    assert_null(um_hands_config(s->hands).p);
    assert_null(um_hands_modules(s->hands));
}

/* It says how many statements it has, and is told those that the applier has.
 */
static void test_statements(void **state)
{
    struct scene *s = *state;
    struct um_wire_in in = {.used = 0};
    struct um_buf list = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_STATED};

    um_wire_put_statement(&list, UM_STR("one"));
    um_wire_put_statement(&list, UM_STR("two"));
    m.statements = um_buf_view(&list);
    say(s, &m);
    told(s, ""); /* of nobody yet */
    start(s, um_str_n(NULL, 0));
    assert_int_equal(heard(s, &in, 1).number, 7);
    say(s, &m);
    told(s, "stated one\nstated two\n");
    um_wire_in_fini(&in);
    um_buf_fini(&list);
}

/* What Unit said of itself is kept, with its age, as long as they are a
 * member's. */
static void test_what_unit_says_of_itself(void **state)
{
    struct scene *s = *state;
    const struct um_wire_msg status = {.what = UM_WIRE_STATUS,
                                       .bytes = UM_STR("{\"connections\":{}}")};
    const struct um_wire_msg empty = {.what = UM_WIRE_STATUS};
    uint64_t age = 1;

    s->now = 5000;
    say(s, &status); /* of nobody yet */
    start(s, um_str_n(NULL, 0));
    assert_null(um_hands_status(s->hands, &age).p);
    assert_int_equal(age, 0);
    say(s, &status);
    s->now = 7300;
    assert_true(um_str_eq(um_hands_status(s->hands, &age), status.bytes));
    assert_int_equal(age, 2300);
    say(s, &status);
    (void)um_hands_status(s->hands, &age);
    assert_int_equal(age, 0);
    say(s, &empty);
    assert_int_equal(um_hands_status(s->hands, &age).len, 0);
    told(s, "");
    um_hands_stop(s->hands);
    assert_null(um_hands_status(s->hands, &age).p);
}

/* How long orders take is measured, whatever comes of them; what is tried on
 * the scratch Unit is not among them. */
static void test_how_long_orders_take(void **state)
{
    struct scene *s = *state;
    struct um_wire_in in = {.used = 0};
    const struct um_hands_order o = {
        .revision = name(5), .effective = name(6), .why = "r2.aa"};
    const struct um_histogram *took = um_hands_took(s->hands);
    struct um_name doc = name(9);
    uint64_t first;

    start(s, um_str_n(NULL, 0));
    s->now = 100;
    um_hands_apply(s->hands, &o);
    first = heard(s, &in, 2).number;
    s->now = 140;
    assert_int_equal(um_hands_try(s->hands, &doc, &doc, on_tried, s), 0);
    outcome(s, first, UM_RESULT_DONE, "");
    s->now = 740;
    outcome(s, first + 1, UM_RESULT_REFUSED, "no");
    assert_int_equal(um_hands_back(s->hands, &o, on_tried, s), 0);
    s->now = 743;
    outcome(s, first + 2, UM_RESULT_NO_ANSWER, "");
    assert_int_equal(um_hands_scratch(s->hands, &doc, &doc, on_tried, s), 0);
    s->now = 99999;
    outcome(s, first + 3, UM_RESULT_DONE, "");
    assert_int_equal(took->sum_ms, 40 + 600 + 3);
    assert_int_equal(um_histogram_upto(took, UM_HISTOGRAM_BOUNDS), 3);
    assert_int_equal(took->counts[0], 1);
    assert_int_equal(took->counts[3], 1);
    assert_int_equal(took->counts[7], 1);
    s->told[0] = '\0';
    um_wire_in_fini(&in);
}

/* A Unit that shows nothing at all is one, and no end of the daemon. */
static void test_unit_shows_nothing(void **state)
{
    struct scene *s = *state;
    const struct um_wire_msg live = {.what = UM_WIRE_LIVE,
                                     .effective = name(7)};

    start(s, um_str_n(NULL, 0));
    say(s, &live);
    told(s, "live 7  \n");
    assert_null(um_hands_shown(s->hands).p);
}

/* Each order is told of once, by its number; what was not asked for, or was
 * before they were stopped, is passed over. */
static void test_outcomes(void **state)
{
    struct scene *s = *state;
    struct um_wire_in in = {.used = 0};
    const struct um_hands_order o = {
        .revision = name(5), .effective = name(6), .why = "r2.aa"};
    struct um_name doc = name(9);
    struct um_applier_stats stats;
    uint64_t first;

    start(s, um_str_n(NULL, 0));
    um_hands_apply(s->hands, &o);
    first = heard(s, &in, 2).number;
    outcome(s, first + 1, UM_RESULT_DONE, "");
    told(s, "");
    um_hands_stats(s->hands, &stats);
    assert_true(stats.busy);
    outcome(s, first, UM_RESULT_REFUSED, "no");
    outcome(s, first, UM_RESULT_DONE, "");
    told(s, "applied 1 5 6 no\n");
    assert_int_equal(um_hands_try(s->hands, &doc, &doc, on_tried, s), 0);
    assert_int_equal(um_hands_try(s->hands, &doc, &doc, on_tried, s),
                     P2P_EAGAIN);
    assert_int_equal(um_hands_back(s->hands, &o, on_tried, s), P2P_EAGAIN);
    outcome(s, first + 1, 16, "some other word");
    told(s, "tried 2 some other word\n");
    um_hands_stats(s->hands, &stats);
    assert_false(stats.busy);
    assert_int_equal(stats.refused, 1);
    assert_int_equal(stats.failed, 1);
    /* Of before a stop. */
    um_hands_apply(s->hands, &o);
    um_hands_stop(s->hands);
    start(s, um_str_n(NULL, 0));
    outcome(s, first + 2, UM_RESULT_DONE, "");
    told(s, "");
    um_wire_in_fini(&in);
}

/* It is given what it wants, or told that it is not here. */
static void test_papers(void **state)
{
    struct scene *s = *state;
    struct um_wire_in in = {.used = 0};
    const struct um_wire_msg want = {.what = UM_WIRE_WANT, .hash = name(4)};
    struct um_wire_msg m;

    say(s, &want);
    assert_int_equal(s->out.len, 0); /* of nobody: not even that */
    start(s, um_str_n(NULL, 0));
    say(s, &want);
    m = heard(s, &in, 2);
    assert_int_equal(m.what, UM_WIRE_PAPER);
    assert_null(m.bytes.p);
    s->here = UM_STR("{}");
    say(s, &want);
    m = heard(s, &in, 1);
    assert_true(um_str_eq(m.bytes, s->here));
    assert_true(um_name_eq(&m.hash, &want.hash));
    um_wire_in_fini(&in);
}

/* GETs are answered whoever's they are; who went away is not told. */
static void test_gets(void **state)
{
    struct scene *s = *state;
    struct um_wire_in in = {.used = 0};
    struct um_wire_msg m = {.what = UM_WIRE_GOT,
                            .code = 200,
                            .bytes = UM_STR("{}"),
                            .text = UM_STR("")};

    um_hands_get(s->hands, "/status", on_got, s);
    m.number = heard(s, &in, 1).number + 1;
    say(s, &m);
    told(s, ""); /* nobody asked that */
    m.number--;
    start(s, um_str_n(NULL, 0));
    say(s, &m);
    say(s, &m);
    told(s, "got 0 200 {} \n");
    um_hands_get(s->hands, "/status", on_got, s);
    assert_true(um_hands_forget(s->hands, s));
    assert_false(um_hands_forget(s->hands, s));
    m.number++;
    say(s, &m);
    told(s, "");
    m.number++;
    m.outcome = 16;
    um_hands_get(s->hands, "/status", on_got, s);
    say(s, &m);
    told(s, "got 4 200 {} \n"); /* whatever that means */
    um_wire_in_fini(&in);
}

static void test_too_many_gets(void **state)
{
    struct scene *s = *state;
    char path[UM__CAP_WIRE_PATH_BYTES + 2];

    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    um_hands_get(s->hands, path, on_got, s);
    told(s, "got 5 0  too many requests wait\n");
    for (unsigned i = 0; i < UM__CAP_HANDS_GETS; i++)
        um_hands_get(s->hands, "/config", on_got, s);
    told(s, "");
    um_hands_get(s->hands, "/config", on_got, s);
    told(s, "got 5 0  too many requests wait\n");
}

/* What is no message, or is one of the node's own, ends the connection. */
static void test_no_message(void **state)
{
    struct scene *s = *state;
    const struct um_wire_msg ours = {.what = UM_WIRE_LOOK};

    assert_int_equal(try_to_say(s, &ours), P2P_EFORMAT);
    assert_int_equal(um_hands_recv(s->hands, um_str_n("\0\0\0\0", 4)),
                     P2P_EFORMAT);
}

/* The record is kept until the next, or a stop. */
static void test_the_record(void **state)
{
    struct scene *s = *state;
    const struct um_name names[2] = {name(8), name(3)};
    const struct um_wire_msg record = {.what = UM_WIRE_RECORD,
                                       .names = {names, 2}};
    const struct um_wire_msg none = {.what = UM_WIRE_RECORD};
    struct um_namelist is;

    start(s, um_str_n(NULL, 0));
    say(s, &record);
    is = um_hands_record(s->hands);
    assert_int_equal(is.n, 2);
    assert_true(um_name_eq(&is.p[1], &names[1]));
    say(s, &none);
    assert_int_equal(um_hands_record(s->hands).n, 0);
    say(s, &record);
    um_hands_stop(s->hands);
    assert_int_equal(um_hands_record(s->hands).n, 0);
}

/* What is adopted is said, unless it is what was taken last anyway. */
static void test_adopted(void **state)
{
    struct scene *s = *state;
    struct um_wire_in in = {.used = 0};
    struct um_name same = name(3), other = name(4);

    start(s, UM_STR("{}"));
    (void)heard(s, &in, 1);
    um_hands_adopted(s->hands, &same);
    assert_int_equal(s->out.len, 0);
    um_hands_adopted(s->hands, &other);
    assert_int_equal(heard(s, &in, 1).what, UM_WIRE_ADOPTED);
    um_wire_in_fini(&in);
}

/* What is too long for a message is not cut off. */
static void test_a_message_that_is_too_long(void **state)
{
    struct scene *s = *state;
    struct um_buf list = UM_BUF_INIT, one = UM_BUF_INIT;

    um_buf_fill(&one, 'x', UM__CAP_WIRE_FRAME_BYTES - 9);
    um_wire_put_statement(&list, um_buf_view(&one));
    um_hands_statements(s->hands, um_buf_view(&list));
    assert_int_equal(s->lost, 1);
    assert_int_equal(s->out.len, 0);
    one.len--;
    um_buf_clear(&list);
    um_wire_put_statement(&list, um_buf_view(&one));
    um_hands_statements(s->hands, um_buf_view(&list));
    assert_int_equal(s->lost, 1);
    assert_int_equal(s->out.len, UM__CAP_WIRE_FRAME_BYTES + 4);
    um_buf_fini(&list);
    um_buf_fini(&one);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_unit_shows),
        TEST(test_statements),
        TEST(test_what_unit_says_of_itself),
        TEST(test_how_long_orders_take),
        TEST(test_unit_shows_nothing),
        TEST(test_outcomes),
        TEST(test_papers),
        TEST(test_gets),
        TEST(test_too_many_gets),
        TEST(test_a_message_that_is_too_long),
        TEST(test_no_message),
        TEST(test_the_record),
        TEST(test_adopted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The daemon's end of the socket to the applier's process. That process is this
 * program, begun again as the partner begins one; it plays what its target
 * says.
 */
#include "mesh/app/partner.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mesh/app/role.h"
#include "mesh/applier/wire.h"
#include "p2p/err.h"
#include "unit.h"

struct scene {
    uv_loop_t loop;
    struct um_settings settings;
    struct um_log log;
    char lines[2048];
    struct um_partner *partner;
    unsigned gone;
    unsigned got;
};

/* ---- the process */

/* Until the other end is closed. */
static void wait_for_the_end(void)
{
    struct pollfd p = {.fd = UM_ROLE_FD};

    while (poll(&p, 1, -1) <= 0 || (p.revents & POLLHUP) == 0) {
    }
}

/* Answers each GET with its path. */
static void answer_gets(void)
{
    struct um_wire_in in = {.used = 0};
    char bytes[4096];
    ssize_t n;

    while ((n = recv(UM_ROLE_FD, bytes, sizeof bytes, 0)) > 0) {
        struct um_buf out = UM_BUF_INIT;
        struct um_wire_msg m;
        struct um_str frame;

        (void)um_wire_in_add(&in, um_str_n(bytes, (size_t)n));
        while (um_wire_in_next(&in, &frame) == 1 &&
               um_wire_read(frame, &m) == 0 && m.what == UM_WIRE_GET) {
            const struct um_wire_msg got = {.what = UM_WIRE_GOT,
                                            .number = m.number,
                                            .code = 200,
                                            .bytes = m.text};

            um_wire_write(&out, &got);
        }
        (void)send(UM_ROLE_FD, out.p, out.len, MSG_NOSIGNAL);
        um_buf_fini(&out);
    }
    um_wire_in_fini(&in);
}

static int play(const char *part)
{
    if (strcmp(part, "answers") == 0) {
        answer_gets();
    } else if (strcmp(part, "is mute") == 0) {
        wait_for_the_end();
    } else if (strcmp(part, "ends") == 0) {
        return 7;
    } else if (strcmp(part, "crashes") == 0) {
        (void)raise(SIGKILL);
    } else if (strcmp(part, "says nonsense") == 0) {
        (void)send(UM_ROLE_FD, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL);
        wait_for_the_end();
    }
    return 0;
}

/* ---- the daemon */

static void on_line(void *user, enum um_log_level level, const char *line)
{
    struct scene *s = user;
    size_t n = strlen(s->lines);

    (void)level;
    (void)snprintf(s->lines + n, sizeof s->lines - n, "%s\n", line);
}

static void on_heard(void *user)
{
    (void)user;
}

static void on_gone(void *user)
{
    struct scene *s = user;

    s->gone++;
    uv_stop(&s->loop);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    assert_int_equal(uv_loop_init(&s->loop), 0);
    (void)snprintf(s->settings.state, sizeof s->settings.state, "/nowhere");
    s->log = (struct um_log){.level = UM_LOG_INFO, .user = s, .sink = on_line};
    *state = s;
    return 0;
}

static void begin(struct scene *s, const char *part)
{
    const struct um_partner_cfg cfg = {.loop = &s->loop,
                                       .settings = &s->settings,
                                       .unit = part,
                                       .name = "me",
                                       .log = &s->log,
                                       .heard = on_heard,
                                       .gone = on_gone,
                                       .user = s};

    s->partner = um_partner_new(&cfg);
    assert_non_null(s->partner);
}

static void end(struct scene *s)
{
    um_partner_free(s->partner);
    s->partner = NULL;
    /* The process was waited for. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    while (uv_run(&s->loop, UV_RUN_DEFAULT) != 0) {
    }
}

static int teardown(void **state)
{
    struct scene *s = *state;

    if (s->partner != NULL)
        end(s);
    assert_int_equal(uv_loop_close(&s->loop), 0);
    free(s);
    return 0;
}

static void on_got(void *user, const struct um_unit_answer *a)
{
    struct scene *s = user;

    assert_string_equal(a->body, "/config");
    if (++s->got == 3)
        uv_stop(&s->loop);
}

static void test_what_is_said_is_heard(void **state)
{
    struct scene *s = *state;

    begin(s, "answers");
    for (unsigned i = 0; i < 3; i++)
        um_hands_get(um_partner_hands(s->partner), "/config", on_got, s);
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    assert_int_equal(s->got, 3);
    end(s);
    assert_int_equal(s->gone, 0);
    assert_string_equal(s->lines, "");
}

/* It is told once that the process is gone, and why is in the log. */
static void ends_with(struct scene *s, const char *part, const char *line)
{
    begin(s, part);
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    assert_int_equal(s->gone, 1);
    if (strstr(s->lines, line) == NULL)
        fail_msg("%s", s->lines);
    /* Saying more to it is no harm. */
    um_hands_look(um_partner_hands(s->partner));
    assert_int_equal(s->gone, 1);
}

static void test_it_ends(void **state)
{
    ends_with(*state, "ends", "ended with exit code 7");
}

static void test_it_crashes(void **state)
{
    ends_with(*state, "crashes", "ended by signal 9");
}

static void test_it_says_nonsense(void **state)
{
    ends_with(*state, "says nonsense", p2p_err_text(P2P_ETOOBIG));
}

static void test_it_does_not_read(void **state)
{
    struct scene *s = *state;
    struct um_buf list = UM_BUF_INIT, one = UM_BUF_INIT;
    size_t sent = 0;

    begin(s, "is mute");
    um_buf_fill(&one, 'x', 1U << 20);
    um_wire_put_statement(&list, um_buf_view(&one));
    while (sent + list.len + 100 <= UM__CAP_PARTNER_OUT_BYTES) {
        um_hands_statements(um_partner_hands(s->partner), um_buf_view(&list));
        sent += list.len + 100;
    }
    assert_int_equal(s->gone, 0);
    um_hands_statements(um_partner_hands(s->partner), um_buf_view(&list));
    um_hands_statements(um_partner_hands(s->partner), um_buf_view(&list));
    assert_int_equal(s->gone, 1);
    assert_non_null(strstr(s->lines, "does not read"));
    um_buf_fini(&list);
    um_buf_fini(&one);
}

/* With much that is not written yet, nothing is left over. */
static void test_an_end_with_much_to_say(void **state)
{
    struct scene *s = *state;

    begin(s, "is mute");
    for (unsigned i = 0; i < 100000; i++)
        um_hands_look(um_partner_hands(s->partner));
    end(s);
    assert_int_equal(s->gone, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_said_is_heard),
        TEST(test_it_ends),
        TEST(test_it_crashes),
        TEST(test_it_says_nonsense),
        TEST(test_it_does_not_read),
        TEST(test_an_end_with_much_to_say),
    };

    if (argc > UM_ROLE_UNIT + 1 && strcmp(argv[1], UM_ROLE_WORD) == 0)
        return play(argv[UM_ROLE_UNIT + 1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

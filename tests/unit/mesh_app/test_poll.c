/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The loop of the applier's process: descriptors, alarms, and their end. */
#include "mesh/app/poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/err.h"
#include "unit.h"

enum { TEXT = 1000, ALARMS = 64 };

struct scene {
    struct um_poll *poll;
    const struct um_alarms *alarms;
    int ends[2];
    void *alarm;
    unsigned counted;
    char told[TEXT];
};

static void note(struct scene *s, const char *word)
{
    size_t n = strlen(s->told);

    assert_true(n + strlen(word) + 1 < TEXT);
    (void)snprintf(s->told + n, TEXT - n, "%s ", word);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->poll = um_poll_new();
    assert_non_null(s->poll);
    s->alarms = um_poll_alarms(s->poll);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s->ends), 0);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    um_poll_free(s->poll);
    (void)close(s->ends[0]);
    (void)close(s->ends[1]);
    free(s);
    return 0;
}

static void on_end(void *arg)
{
    struct scene *s = arg;

    note(s, "end");
    um_poll_stop(s->poll);
}

static void on_alarm(void *arg)
{
    note(arg, "alarm");
}

/* An alarm that clears another one, and sets one that is due at once. */
static void on_busy(void *arg)
{
    struct scene *s = arg;

    note(s, "busy");
    s->alarms->clear(s->alarms->user, s->alarm);
    assert_non_null(s->alarms->set(s->alarms->user, 0, on_end, s));
}

/* Alarms go off in the order of their times, and equal ones in that in which
 * they were set; one that was cleared does not. */
static void test_alarms(void **state)
{
    struct scene *s = *state;
    const struct um_alarms *a = s->alarms;
    void *gone;

    assert_non_null(a->set(a->user, 2, on_busy, s));
    s->alarm = a->set(a->user, 2, on_alarm, s);
    assert_non_null(a->set(a->user, 0, on_alarm, s));
    gone = a->set(a->user, 1, on_alarm, s);
    assert_non_null(gone);
    a->clear(a->user, gone);
    a->clear(a->user, NULL);
    assert_int_equal(um_poll_run(s->poll), 0);
    assert_string_equal(s->told, "alarm busy end ");
}

static void on_count(void *arg)
{
    struct scene *s = arg;

    if (++s->counted == ALARMS)
        um_poll_stop(s->poll);
}

/* UM__CAP_POLL_ALARMS: no more at once; those that went off or were cleared
 * make room, and none is lost by that. */
static void test_too_many_alarms(void **state)
{
    struct scene *s = *state;
    const struct um_alarms *a = s->alarms;
    void *set[ALARMS];

    for (unsigned i = 0; i < ALARMS; i++) {
        set[i] = a->set(a->user, 0, on_count, s);
        assert_non_null(set[i]);
    }
    assert_null(a->set(a->user, 0, on_count, s));
    for (unsigned i = 0; i < ALARMS; i += 3)
        a->clear(a->user, set[i]);
    for (unsigned i = 0; i < ALARMS; i += 3)
        assert_non_null(a->set(a->user, 1, on_count, s));
    assert_null(a->set(a->user, 0, on_count, s));
    assert_int_equal(um_poll_run(s->poll), 0);
    for (unsigned i = 0; i < ALARMS; i++)
        assert_non_null(a->set(a->user, 60000, on_alarm, s));
}

/* What is not due yet when the loop ends is forgotten. */
static void test_an_alarm_is_left(void **state)
{
    struct scene *s = *state;

    assert_non_null(s->alarms->set(s->alarms->user, 0, on_end, s));
    assert_non_null(s->alarms->set(s->alarms->user, 60000, on_alarm, s));
    assert_int_equal(um_poll_run(s->poll), 0);
    assert_string_equal(s->told, "end ");
}

static void on_readable(void *arg)
{
    struct scene *s = arg;
    char c[8];
    ssize_t n = recv(s->ends[0], c, sizeof c, MSG_DONTWAIT);

    note(s, n > 0 ? "read" : n == 0 ? "closed" : "spurious");
    if (n == 0) {
        assert_int_equal(um_poll_watch(s->poll, s->ends[0], false, NULL, NULL),
                         0);
        um_poll_stop(s->poll);
    }
}

/* A descriptor is told of while there is something, and of its end. */
static void test_a_descriptor(void **state)
{
    struct scene *s = *state;

    assert_int_equal(um_poll_watch(s->poll, s->ends[0], false, on_readable, s),
                     0);
    assert_int_equal(send(s->ends[1], "0123456789", 10, 0), 10);
    assert_int_equal(shutdown(s->ends[1], SHUT_WR), 0);
    assert_int_equal(um_poll_run(s->poll), 0);
    assert_string_equal(s->told, "read read closed ");
}

static void on_writable(void *arg)
{
    struct scene *s = arg;

    note(s, "write");
    assert_int_equal(um_poll_watch(s->poll, s->ends[0], false, on_readable, s),
                     0);
    assert_int_equal(send(s->ends[1], "x", 1, 0), 1);
    assert_int_equal(shutdown(s->ends[1], SHUT_WR), 0);
}

static void fill(int fd)
{
    static const char bytes[65536];

    while (send(fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
}

static void drain(int fd)
{
    static char bytes[65536];

    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
    }
}

static void on_room(void *arg)
{
    struct scene *s = arg;

    note(s, "room");
    um_poll_stop(s->poll);
}

/* The other end reads at last. */
static void on_read(void *arg)
{
    struct scene *s = arg;

    note(s, "now");
    drain(s->ends[1]);
}

/* Who waits for room is not called for what there is to read meanwhile. */
static void test_room(void **state)
{
    struct scene *s = *state;

    fill(s->ends[0]);
    assert_int_equal(send(s->ends[1], "x", 1, 0), 1);
    assert_int_equal(um_poll_watch_room(s->poll, s->ends[0], on_room, s), 0);
    assert_non_null(s->alarms->set(s->alarms->user, 5, on_read, s));
    assert_int_equal(um_poll_run(s->poll), 0);
    assert_string_equal(s->told, "now room ");
}

/* Watching again changes what is watched for. */
static void test_watched_again(void **state)
{
    struct scene *s = *state;

    assert_int_equal(um_poll_watch(s->poll, s->ends[0], true, on_writable, s),
                     0);
    assert_int_equal(um_poll_run(s->poll), 0);
    assert_string_equal(s->told, "write read closed ");
}

static void test_too_many(void **state)
{
    struct scene *s = *state;

    /* It is not asked whether they are open. */
    for (int fd = 0; fd < UM__CAP_POLL_FDS; fd++)
        assert_int_equal(um_poll_watch(s->poll, 1000 + fd, false, on_alarm, s),
                         0);
    assert_int_equal(um_poll_watch(s->poll, 2000, false, on_alarm, s),
                     P2P_ELIMIT);
    assert_int_equal(um_poll_watch(s->poll, 1000, true, on_alarm, s), 0);
    assert_int_equal(um_poll_watch(s->poll, 1000, false, NULL, NULL), 0);
    assert_int_equal(um_poll_watch(s->poll, 2000, false, on_alarm, s), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_alarms),
        TEST(test_an_alarm_is_left),
        TEST(test_a_descriptor),
        TEST(test_watched_again),
        TEST(test_room),
        TEST(test_too_many),
        TEST(test_too_many_alarms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

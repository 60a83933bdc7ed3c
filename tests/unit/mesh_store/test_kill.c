/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A writer that is killed while it writes, again and again: what it was told to
 * be kept is there, whole, and nothing half.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "batches.h"
#include "unit.h"

#define KILLS 30

/* Path of store-writer. */
static const char *writer;

static uint64_t random_state = 1;

static uint64_t random_below(uint64_t n)
{
    random_state =
        random_state * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (random_state >> 33) % n;
}

/* Lets microseconds pass: where the kill hits is chance. */
static void spin(uint64_t us)
{
    struct timespec from;
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    do {
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((uint64_t)(now.tv_sec - from.tv_sec) * 1000000 +
                 (uint64_t)((now.tv_nsec - from.tv_nsec) / 1000) <
             us);
}

static pid_t begin(const char *path, FILE **out)
{
    int fds[2];
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        (void)dup2(fds[1], 1);
        (void)close(fds[0]);
        (void)close(fds[1]);
        (void)execl(writer, "store-writer", "write", path, (char *)NULL);
        _exit(1);
    }
    (void)close(fds[1]);
    *out = fdopen(fds[0], "r");
    assert_non_null(*out);
    return pid;
}

/* The last number of those that come until `most` did or no more does. */
static uint64_t acknowledged(FILE *f, uint64_t most, uint64_t last)
{
    char line[32];

    while (most-- > 0 && fgets(line, sizeof line, f) != NULL) {
        if (strchr(line, '\n') != NULL)
            last = strtoull(line, NULL, 10);
    }
    return last;
}

static void test_killed_while_it_writes(void **state)
{
    uint64_t kept = 0;
    uint64_t more = 0;
    struct rig g;

    (void)state;
    rig_folder(&g);
    for (size_t i = 0; i < KILLS; i++) {
        const char *wrong;
        uint64_t last;
        uint64_t n;
        FILE *f;
        pid_t pid = begin(g.path, &f);
        int status;

        last = acknowledged(f, 1 + random_below(6), kept);
        spin(random_below(6000));
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        last = acknowledged(f, UINT64_MAX, last);
        (void)fclose(f);
        assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_EXISTING), 0);
        wrong = batches_look(&g.s, &n);
        if (wrong != NULL)
            fail_msg("kill %zu: %s", i, wrong);
        assert_true(last > kept);
        if (n < last || n > last + 1)
            fail_msg("kill %zu: %llu were acknowledged, %llu are there", i,
                     (unsigned long long)last, (unsigned long long)n);
        more += n > last;
        kept = n;
        um_store_close(&g.s);
    }
    print_message("%d kills, %llu batches, %llu kept and not yet said\n", KILLS,
                  (unsigned long long)kept, (unsigned long long)more);
    rig_fini(&g);
}

/* While the store is made, too. */
static void test_killed_while_it_is_made(void **state)
{
    struct rig g;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        FILE *f;
        pid_t pid;
        int status;

        rig_folder(&g);
        pid = begin(g.path, &f);
        spin(random_below(8000));
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        (void)fclose(f);
        assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_CREATE), 0);
        rig_fini(&g);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_while_it_writes),
        cmocka_unit_test(test_killed_while_it_is_made),
    };

    assert_true(argc > 1);
    writer = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The program that is started is this test once more, with a word that says
 * how it is to behave; what it found it tells over the socket.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mesh/app/spawn.h"
#include "unit.h"

#define WORD_END  "child-end"  /* reads to the end, then code 7 */
#define WORD_TELL "child-tell" /* tells what it has, then as above */
#define WORD_STAY "child-stay" /* closes nothing, never ends */
#define WORD_QUIT "child-quit" /* ends at once, code 9 */
#define WORD_KILL "child-kill" /* kills itself */

static void say(const char *text)
{
    (void)!write(UM_SPAWN_FD, text, strlen(text));
}

/* Descriptors, environment, signals; a line each. */
static void tell(void)
{
    DIR *list = opendir("/proc/self/fd");
    struct sigaction sa;
    const struct dirent *e;
    char line[64];

    while (list != NULL && (e = readdir(list)) != NULL) {
        if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(list)) {
            (void)snprintf(line, sizeof line, "fd %.8s\n", e->d_name);
            say(line);
        }
    }
    (void)closedir(list);
    say(getenv("UNITMESH_SEEN") != NULL ? "seen\n" : "not seen\n");
    say(getenv("SECRET") != NULL ? "secret\n" : "no secret\n");
    (void)sigaction(SIGTERM, NULL, &sa);
    say(sa.sa_handler == SIG_IGN ? "no SIGTERM\n" : "SIGTERM\n");
    say("told\n");
}

static int child(const char *word)
{
    char c;

    if (strcmp(word, WORD_QUIT) == 0) {
        return 9;
    }
    if (strcmp(word, WORD_KILL) == 0) {
        (void)raise(SIGKILL);
    }
    if (strcmp(word, WORD_TELL) == 0) {
        tell();
    }
    while (read(UM_SPAWN_FD, &c, 1) > 0) {
        say("echo\n");
    }
    while (strcmp(word, WORD_STAY) == 0) {
        (void)pause();
    }
    return 7;
}

static char last[256];

static void on_line(void *user, enum um_log_level level, const char *line)
{
    (void)user;
    (void)level;
    (void)snprintf(last, sizeof last, "%s", line);
}

static const struct um_log log_ = {.level = UM_LOG_DEBUG, .sink = on_line};

static void start(struct um_spawn *s, const char *word)
{
    char name[] = "test", copy[16];
    char *argv[] = {name, copy, NULL};

    (void)snprintf(copy, sizeof copy, "%s", word);
    memset(s, 0, sizeof *s);
    assert_int_equal(um_spawn_start(s, argv, &log_), 0);
    assert_true(s->pid > 0 && s->fd > 2);
    assert_int_equal(fcntl(s->fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(s->ask_fd, F_GETFD), FD_CLOEXEC);
}

/* Reads until a line has come, which is the last there is. */
static void hear(int fd, char *text, size_t cap, const char *end)
{
    size_t n = 0;

    text[0] = '\0';
    while (strstr(text, end) == NULL) {
        ssize_t got = read(fd, text + n, cap - 1 - n);

        assert_true(got > 0);
        n += (size_t)got;
        text[n] = '\0';
    }
}

static void test_it_ends_when_the_stream_does(void **state)
{
    struct um_spawn s;
    char text[64];

    (void)state;
    start(&s, WORD_END);
    assert_int_equal(write(s.fd, "x", 1), 1);
    hear(s.fd, text, sizeof text, "echo\n");
    /* What a terminal sends to all is not for it. */
    assert_int_equal(kill(s.pid, SIGTERM) | kill(s.pid, SIGINT), 0);
    assert_int_equal(write(s.fd, "x", 1), 1);
    hear(s.fd, text, sizeof text, "echo\n");
    assert_int_equal(um_spawn_end(&s, 10000), 7);
    assert_int_equal(um_spawn_end(&s, 10000), -1);
}

static void test_nothing_else_goes_along(void **state)
{
    struct um_spawn s;
    char text[1024];
    int leak = open("/dev/null", O_RDONLY); /* not closed on exec */
    int high = dup2(leak, 77);

    (void)state;
    assert_true(leak >= 0 && high == 77);
    (void)setenv("SECRET", "x", 1);
    (void)setenv("UNITMESH_SEEN", "x", 1);
    start(&s, WORD_TELL);
    hear(s.fd, text, sizeof text, "told\n");
    assert_int_equal(um_spawn_end(&s, 10000), 7);
    (void)close(leak);
    (void)close(high);
    (void)unsetenv("SECRET");
    (void)unsetenv("UNITMESH_SEEN");
    assert_string_equal(text,
                        "fd 0\nfd 1\nfd 2\nfd 3\nfd 4\nseen\nno secret\n"
                        "no SIGTERM\ntold\n");
}

static void test_one_that_stays_is_left(void **state)
{
    struct um_spawn s;
    pid_t pid;

    (void)state;
    start(&s, WORD_STAY);
    pid = s.pid;
    assert_int_equal(um_spawn_end(&s, 50), -1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

struct seen {
    uv_loop_t loop;
    int times;
    char how[UM_SPAWN_HOW];
    struct um_spawn *spawn;
};

static void on_end(void *user, const char *how)
{
    struct seen *s = user;

    s->times++;
    (void)snprintf(s->how, sizeof s->how, "%s", how);
    um_spawn_unwatch(s->spawn);
}

static void watch(const char *word, struct seen *seen)
{
    struct um_spawn s;

    memset(seen, 0, sizeof *seen);
    seen->spawn = &s;
    assert_int_equal(uv_loop_init(&seen->loop), 0);
    start(&s, word);
    assert_int_equal(um_spawn_watch(&s, &seen->loop, on_end, seen), 0);
    (void)uv_run(&seen->loop, UV_RUN_DEFAULT); /* ends when nobody watches */
    assert_int_equal(seen->times, 1);
    assert_int_equal(um_spawn_end(&s, 0), -1);
    assert_int_equal(uv_loop_close(&seen->loop), 0);
}

static void test_the_loop_is_told_how_it_ended(void **state)
{
    struct seen seen;

    (void)state;
    watch(WORD_QUIT, &seen);
    assert_string_equal(seen.how, "exit code 9");
    watch(WORD_KILL, &seen);
    assert_non_null(strstr(seen.how, "signal 9 ("));
}

/* Where there is no /proc there is no program to start. */
static void test_no_program(void **state)
{
    char dir[] = "/tmp/um-spawn-XXXXXX";
    pid_t pid;
    int status = 0;

    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root changes its root\n");
        skip();
    }
    assert_non_null(mkdtemp(dir));
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct um_spawn s = {0};
        char name[] = "test", word[] = WORD_END;
        char *argv[] = {name, word, NULL};
        int fds = dup(0);
        bool good = chroot(dir) == 0 && chdir("/") == 0 &&
                    um_spawn_start(&s, argv, &log_) == -1 && s.pid == 0 &&
                    strstr(last, "have to be there") != NULL &&
                    dup(0) == fds + 1;

        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_ends_when_the_stream_does),
        cmocka_unit_test(test_nothing_else_goes_along),
        cmocka_unit_test(test_one_that_stays_is_left),
        cmocka_unit_test(test_the_loop_is_told_how_it_ended),
        cmocka_unit_test(test_no_program),
    };

    if (argc > 1 && strncmp(argv[1], "child-", 6) == 0) {
        return child(argv[1]);
    }
    return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}

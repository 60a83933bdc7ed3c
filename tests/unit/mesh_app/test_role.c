/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The applier as a process, spoken to by a test in the place of its daemon. Its
 * Unit is a thread that answers every request with one configuration.
 */
#include "mesh/app/role.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mesh/app/spawn.h"
#include "mesh/app/state.h"
#include "mesh/applier/keyring.h"
#include "mesh/applier/keywire.h"
#include "mesh/applier/wire.h"
#include "mesh/unit/client.h"
#include "p2p/err.h"
#include "unit.h"

/* What waits for nothing that a person would. */
enum { PATIENCE_MS = 30000 };

struct scene {
    char state[64];
    char target[100];
    int unit; /* where Unit listens */
    pthread_t thread;
    size_t bytes;   /* of its configuration */
    int enough;     /* is written to after so many answers */
    unsigned after; /* 0: never */
    pid_t pid;
    int pidfd;
    int fd;  /* our end of the socket */
    int ask; /* of the one for keys */
    int log;
    struct um_wire_in in;
};

static const char *path_in(const struct scene *s, const char *name)
{
    static char path[100];

    (void)snprintf(path, sizeof path, "%s/%s", s->state, name);
    return path;
}

/* ---- Unit */

static void send_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        p += n;
        len -= (size_t)n;
    }
}

static void answer(const struct scene *s, int fd)
{
    char ask[2048], head[200];
    char *body = malloc(s->bytes);

    (void)recv(fd, ask, sizeof ask, 0);
    if (body == NULL)
        return;
    memset(body, ' ', s->bytes);
    body[0] = '{';
    body[s->bytes - 1] = '}';
    (void)snprintf(head, sizeof head,
                   "HTTP/1.1 200 OK\r\nServer: Unit/1.35.0\r\nContent-Type: "
                   "application/json\r\nContent-Length: %zu\r\nConnection: "
                   "close\r\n\r\n",
                   s->bytes);
    send_all(fd, head, strlen(head));
    send_all(fd, body, s->bytes);
    free(body);
}

/* Until what it listens to is shut down. */
static void *be_unit(void *arg)
{
    struct scene *s = arg;
    unsigned n = 0;
    int fd;

    while ((fd = accept(s->unit, NULL, NULL)) >= 0) {
        answer(s, fd);
        (void)close(fd);
        if (++n == s->after && write(s->enough, "", 1) != 1)
            break;
    }
    return NULL;
}

static void start_unit(struct scene *s)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s",
                   path_in(s, "unit.sock"));
    (void)snprintf(s->target, sizeof s->target, "unix:%s", at.sun_path);
    s->unit = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->unit, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(s->unit, 16), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, be_unit, s), 0);
}

static void stop_unit(struct scene *s)
{
    if (s->unit < 0)
        return;
    (void)shutdown(s->unit, SHUT_RDWR);
    (void)pthread_join(s->thread, NULL);
    (void)close(s->unit);
    s->unit = -1;
}

/* ---- the process */

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    const char *tmp = getenv("TMPDIR");
    struct um_state folder;

    assert_non_null(s);
    (void)snprintf(s->state, sizeof s->state, "%s/um-role-XXXXXX",
                   tmp != NULL && strlen(tmp) < 30 ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->state));
    assert_int_equal(um_state_open(&folder, s->state, NULL), 0);
    um_state_close(&folder);
    s->unit = s->fd = s->ask = s->pidfd = -1;
    s->bytes = 2;
    (void)snprintf(s->target, sizeof s->target, "unix:%s/none", s->state);
    s->log = open(path_in(s, "log"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(s->log >= 0);
    *state = s;
    return 0;
}

/* In the new process, which is this program anew: a Unit's thread may have held
 * a lock of malloc's when it was forked. */
static void become(struct scene *s, int fd, int ask)
{
    const char *line[1 + UM_ROLE_ARGS + 1] = {"test_role"};
    const char **argv = line + 1;
    int high = fcntl(fd, F_DUPFD, 10), high_ask = fcntl(ask, F_DUPFD, 10);

    for (size_t i = 0; i < UM_ROLE_ARGS; i++)
        argv[i] = "";
    argv[0] = UM_ROLE_WORD;
    argv[UM_ROLE_STATE] = s->state;
    argv[UM_ROLE_UNIT] = s->target;
    argv[UM_ROLE_NAME] = "me";
    argv[UM_ROLE_LOG_LEVEL] = "2";
    (void)dup2(s->log, STDERR_FILENO);
    (void)dup2(high, UM_SPAWN_FD);
    (void)dup2(high_ask, UM_SPAWN_ASK_FD);
    (void)syscall(SYS_close_range, UM_SPAWN_ASK_FD + 1, ~0U, 0);
    (void)execv("/proc/self/exe", (char **)(uintptr_t)line);
    _exit(127);
}

static void begin(struct scene *s)
{
    int ends[2], ask[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ask),
                     0);
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0)
        become(s, ends[1], ask[1]);
    (void)close(ends[1]);
    (void)close(ask[1]);
    s->fd = ends[0];
    s->ask = ask[0];
    s->pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
    assert_true(s->pidfd >= 0);
}

/* Waits for something of two; which one it was. */
static int either(int one, int other)
{
    struct pollfd p[2] = {{.fd = one, .events = POLLIN},
                          {.fd = other, .events = POLLIN}};

    assert_true(poll(p, 2, PATIENCE_MS) > 0);
    return p[0].revents != 0 ? one : other;
}

/* Its exit code, once it has ended. */
static int code(struct scene *s)
{
    int status;

    (void)either(s->pidfd, -1);
    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
    s->pid = 0;
    (void)close(s->pidfd);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void hang_up(struct scene *s)
{
    (void)close(s->fd);
    s->fd = -1;
}

static int teardown(void **state)
{
    static const char *const names[] = {
        "node.key",    "lock",           "unit.sock",    "log",
        "policy.json", "applier/record", "applier/lock", "applier/roster"};
    struct scene *s = *state;

    if (s->pid > 0) {
        (void)kill(s->pid, SIGKILL);
        (void)waitpid(s->pid, NULL, 0);
        (void)close(s->pidfd);
    }
    if (s->fd >= 0)
        (void)close(s->fd);
    if (s->ask >= 0)
        (void)close(s->ask);
    stop_unit(s);
    (void)close(s->log);
    um_wire_in_fini(&s->in);
    (void)chmod(path_in(s, "applier"), 0700);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(path_in(s, names[i]));
    (void)rmdir(path_in(s, "applier"));
    assert_int_equal(rmdir(s->state), 0);
    free(s);
    return 0;
}

/* Whether its log says that. */
static bool logged(struct scene *s, const char *text)
{
    char all[65536];
    ssize_t n = pread(s->log, all, sizeof all - 1, 0);

    all[n > 0 ? n : 0] = '\0';
    return strstr(all, text) != NULL;
}

static void say(struct scene *s, const struct um_wire_msg *m)
{
    struct um_buf out = UM_BUF_INIT;

    um_wire_write(&out, m);
    send_all(s->fd, out.p, out.len);
    um_buf_fini(&out);
}

/* Reads some of what it says; false: it has hung up. */
static bool more(struct scene *s)
{
    char bytes[65536];
    ssize_t n;

    (void)either(s->fd, -1);
    n = recv(s->fd, bytes, sizeof bytes, 0);
    if (n <= 0)
        return false;
    assert_int_equal(um_wire_in_add(&s->in, um_str_n(bytes, (size_t)n)), 0);
    return true;
}

/* The next thing that it says. */
static struct um_wire_msg next(struct scene *s)
{
    struct um_wire_msg m;
    struct um_str frame;
    int rv;

    while ((rv = um_wire_in_next(&s->in, &frame)) == 0)
        assert_true(more(s));
    assert_int_equal(rv, 1);
    assert_int_equal(um_wire_read(frame, &m), 0);
    return m;
}

static const struct um_wire_msg get = {.what = UM_WIRE_GET,
                                       .number = 1,
                                       .text = UM_STR_INIT("/config")};

static struct um_wire_msg start_of(uint8_t mesh)
{
    struct um_wire_msg m = {.what = UM_WIRE_START};

    memset(m.mesh.b, mesh, sizeof m.mesh.b);
    return m;
}

/* ---- tests */

static void test_it_begins_and_ends(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = start_of(1);

    start_unit(s);
    begin(s);
    say(s, &get);
    m = next(s);
    assert_int_equal(m.what, UM_WIRE_GOT);
    assert_true(um_str_eq(m.bytes, UM_STR("{}")));
    m = start_of(1);
    say(s, &m);
    m = next(s);
    assert_int_equal(m.what, UM_WIRE_RECORD);
    m = next(s);
    assert_int_equal(m.what, UM_WIRE_LIVE);
    assert_true(um_str_eq(m.bytes, UM_STR("{}")));
    assert_true(um_str_eq(m.text, UM_STR("1.35.0")));
    /* Signals are for the daemon. */
    (void)kill(s->pid, SIGTERM);
    (void)kill(s->pid, SIGINT);
    (void)kill(s->pid, SIGHUP);
    say(s, &get);
    while ((m = next(s)).what != UM_WIRE_GOT) {
        assert_true(m.what == UM_WIRE_HEALTH || m.what == UM_WIRE_STATUS);
    }
    hang_up(s);
    assert_int_equal(code(s), 0);
}

/* What was said before the daemon hung up is done all the same, whether or not
 * anybody reads the answers. */
static void test_the_last_words(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = start_of(1);

    start_unit(s);
    begin(s);
    for (unsigned i = 0; i < 1000; i++)
        say(s, &m);
    m = start_of(2);
    say(s, &m);
    m = (struct um_wire_msg){
        .what = UM_WIRE_GET, .number = 1, .text = UM_STR("/the last one")};
    say(s, &m);
    m.what = UM_WIRE_WANT; /* what no node says */
    m.number = 0;
    m.text = um_str_n(NULL, 0);
    m.hash.b[0] = 1;
    say(s, &m);
    hang_up(s);
    assert_int_equal(code(s), 1);
    assert_true(logged(s, "what the node says"));
}

/* Whoever says what is no message is not listened to any more. */
static void test_nonsense(void **state)
{
    struct scene *s = *state;

    begin(s);
    send_all(s->fd, "GET / HTTP/1.1\r\n\r\n", 18);
    assert_int_equal(code(s), 1);
    assert_true(logged(s, "what the node says"));
}

/* A node that is wrong again and again does not fill the disk with that. */
static void test_lines_without_end(void **state)
{
    struct scene *s = *state;
    struct um_wire_msg m = start_of(1);
    struct um_buf list = UM_BUF_INIT;

    begin(s);
    say(s, &m);
    um_wire_put_statement(&list, UM_STR("none"));
    m = (struct um_wire_msg){.what = UM_WIRE_STATEMENTS,
                             .statements = um_buf_view(&list)};
    for (unsigned i = 0; i < 100000; i++)
        say(s, &m);
    hang_up(s);
    assert_int_equal(code(s), 0);
    assert_true(logged(s, "does not take a statement"));
    assert_true(logged(s, " lines were left out here"));
    assert_true(lseek(s->log, 0, SEEK_END) < 60000);
    um_buf_fini(&list);
}

/* A node that does not read what it is told does not fill the memory. */
static void test_a_node_that_does_not_read(void **state)
{
    struct scene *s = *state;
    size_t sum = 0;
    int done[2];

    assert_int_equal(pipe(done), 0);
    s->bytes = UM__CAP_UNIT_CONFIG_BYTES;
    s->enough = done[1];
    s->after = UM__CAP_ROLE_OUT_BYTES / UM__CAP_UNIT_CONFIG_BYTES + 4;
    start_unit(s);
    begin(s);
    for (unsigned i = 0; i < s->after; i++)
        say(s, &get);
    if (either(s->pidfd, done[0]) == s->pidfd) {
        assert_int_equal(code(s), 1);
        assert_true(logged(s, "the node does not read"));
    }
    while (sum <= UM__CAP_ROLE_OUT_BYTES && more(s)) {
        sum += s->in.bytes.len;
        um_wire_in_fini(&s->in);
    }
    assert_true(sum <= UM__CAP_ROLE_OUT_BYTES);
    stop_unit(s);
    (void)close(done[0]);
    (void)close(done[1]);
}

/* Who asks for keys and takes no answer is not asked about for ever. */
static void test_keys_that_nobody_reads(void **state)
{
    const struct um_keywire_ask ask = {.what = UM_KEYWIRE_PUBLIC,
                                       .key = UM_KEYRING_NODE};
    struct scene *s = *state;
    struct um_buf out = UM_BUF_INIT;
    struct pollfd end = {.fd = -1};

    begin(s);
    end.fd = s->ask;
    assert_int_equal(shutdown(s->ask, SHUT_RD), 0);
    um_keywire_put_ask(&out, &ask);
    send_all(s->ask, (const char *)out.p, out.len);
    um_buf_fini(&out);
    assert_int_equal(poll(&end, 1, PATIENCE_MS), 1);
    assert_true((end.revents & POLLHUP) != 0);
    hang_up(s);
    assert_int_equal(code(s), 0);
}

/* Without its folder there is no applier. */
static void test_its_folder(void **state)
{
    struct scene *s = *state;

    assert_int_equal(mkdir(path_in(s, "applier"), 0700), 0);
    assert_int_equal(chmod(path_in(s, "applier"), 0755), 0);
    begin(s);
    assert_int_equal(code(s), 1);
    assert_true(logged(s, "others may go in"));
}

/* Nor with a policy that cannot be read. */
static void test_its_policy(void **state)
{
    struct scene *s = *state;
    int fd = open(path_in(s, "policy.json"), O_WRONLY | O_CREAT, 0600);

    assert_int_equal(write(fd, "{]", 2), 2);
    (void)close(fd);
    begin(s);
    assert_int_equal(code(s), 1);
    assert_true(logged(s, "the policy"));
}

/* The next one waits until this one has ended. */
static void test_one_at_a_time(void **state)
{
    struct scene *s = *state;
    struct scene other = **(struct scene **)state;
    struct um_wire_msg m;

    other.in = (struct um_wire_in){.used = 0};
    begin(s);
    say(s, &get);
    assert_int_equal(next(s).what, UM_WIRE_GOT);
    begin(&other);
    say(&other, &get);
    say(s, &get);
    assert_int_equal(next(s).what, UM_WIRE_GOT);
    assert_int_equal(recv(other.fd, &m, 1, MSG_DONTWAIT), -1);
    hang_up(s);
    assert_int_equal(code(s), 0);
    assert_int_equal(next(&other).what, UM_WIRE_GOT);
    hang_up(&other);
    assert_int_equal(code(&other), 0);
    um_wire_in_fini(&other.in);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_begins_and_ends),
        TEST(test_the_last_words),
        TEST(test_nonsense),
        TEST(test_lines_without_end),
        TEST(test_a_node_that_does_not_read),
        TEST(test_keys_that_nobody_reads),
        TEST(test_its_folder),
        TEST(test_its_policy),
        TEST(test_one_at_a_time),
    };

    if (argc > 1 && strcmp(argv[1], UM_ROLE_WORD) == 0)
        return um_role_main(argc - 1, argv + 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

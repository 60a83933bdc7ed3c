/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Users, the fence, and both together. Whatever is given up is given up by a
 * child, and what it tries is tried by one that gave up nothing, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/types.h"
#include "mesh/app/confine.h"
#include "mesh/app/fence.h"
#include "mesh/app/sieve.h"
#include "p2p/err.h"
#include "unit.h"

/* Nobody's number. */
#define STRANGER "54321"

/* Folders: one that stays in reach, one that does not. */
struct rig {
    char dir[64];
    char in[80];
    char out[80];
    char line[1024];
    struct um_log log;
    struct um_confined how;
    unsigned char before; /* a number that a parent has */
};

static void on_line(void *user, enum um_log_level level, const char *line)
{
    struct rig *r = user;

    (void)level;
    (void)snprintf(r->line, sizeof r->line, "%s", line);
}

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    const char *tmp = getenv("TMPDIR");
    char path[128];
    int fd;

    assert_non_null(r);
    (void)snprintf(r->dir, sizeof r->dir, "%s/um-confine-XXXXXX",
                   tmp != NULL && strlen(tmp) < 30 ? tmp : "/tmp");
    assert_non_null(mkdtemp(r->dir));
    assert_int_equal(chmod(r->dir, 0755), 0);
    (void)snprintf(r->in, sizeof r->in, "%s/in", r->dir);
    (void)snprintf(r->out, sizeof r->out, "%s/out", r->dir);
    assert_int_equal(mkdir(r->in, 0777) | chmod(r->in, 0777), 0);
    assert_int_equal(mkdir(r->out, 0777) | chmod(r->out, 0777), 0);
    (void)snprintf(path, sizeof path, "%s/file", r->out);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0 && close(fd) == 0);
    r->log = (struct um_log){.level = UM_LOG_DEBUG, .user = r, .sink = on_line};
    *state = r;
    return 0;
}

static void remove_in(const char *dir)
{
    static const char *const names[] = {"file", "new", "sock", "folder"};
    char path[128];

    for (size_t i = 0; i < P2P__COUNT(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        if (unlink(path) != 0 && errno == EISDIR) {
            (void)rmdir(path);
        }
    }
    assert_int_equal(rmdir(dir), 0);
}

static int teardown(void **state)
{
    struct rig *r = *state;

    remove_in(r->in);
    remove_in(r->out);
    assert_int_equal(rmdir(r->dir), 0);
    free(r);
    return 0;
}

/* The exit code of a child that does it. */
static int in_child(int (*fn)(struct rig *r), struct rig *r)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        _exit(fn(r) & 0xff);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int need_root(void)
{
    if (geteuid() != 0) {
        print_message("skipped: only root becomes another user\n");
        return 0;
    }
    return 1;
}

static void test_users_are_found(void **state)
{
    struct um_user u;

    (void)state;
    assert_int_equal(um_user_find("root", &u), 0);
    assert_int_equal(u.uid, 0);
    assert_true(u.own_group);
    assert_int_equal(um_user_find("0", &u), 0);
    assert_string_equal(u.name, "root");
    assert_int_equal(um_user_find(STRANGER, &u), 0);
    assert_int_equal(u.uid, 54321);
    assert_int_equal(u.gid, 54321);
    assert_string_equal(u.name, STRANGER);
    assert_int_equal(um_user_find("4294967295", &u), P2P_EINVAL);
    assert_int_equal(um_user_find("99999999999", &u), P2P_EINVAL);
    assert_int_equal(um_user_find("", &u), P2P_ENOTFOUND);
    assert_int_equal(um_user_find("no such user", &u), P2P_ENOTFOUND);
    um_user_self(&u);
    assert_int_equal(u.uid, geteuid());
}

/* Binds a port for root alone, of those that are free. */
static int low_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    for (uint16_t port = 1023; port > 1000; port--) {
        at.sin_port = htons(port);
        if (bind(fd, (const struct sockaddr *)&at, sizeof at) == 0) {
            return 0;
        }
        if (errno != EADDRINUSE) {
            return errno;
        }
    }
    return EADDRINUSE;
}

static int become(struct rig *r, unsigned keeps)
{
    struct um_user u;
    const char *step;

    (void)r;
    return um_user_find(STRANGER, &u) != 0 ||
                   um_user_become(&u, keeps, &step) != 0
               ? 1
               : 0;
}

/* Bits of what is not as it should be. */
static int changed_user(struct rig *r)
{
    gid_t groups[4] = {54322};
    int bad = setgroups(1, groups) == 0 ? become(r, 0) : 1;

    bad |= geteuid() == 54321 && getuid() == 54321 ? 0 : 2;
    bad |= getegid() == 54321 && getgroups(4, groups) == 0 ? 0 : 4;
    bad |= setuid(0) != 0 && seteuid(0) != 0 && setgid(0) != 0 ? 0 : 8;
    bad |= prctl(PR_CAPBSET_READ, 0) == 0 && prctl(PR_CAPBSET_READ, 21) == 0
               ? 0
               : 16;
    bad |= open("/etc/shadow", O_RDONLY | O_CLOEXEC) < 0 ? 0 : 32;
    bad |= low_port() == EACCES ? 0 : 64;
    return bad;
}

static int changed_user_with_ports(struct rig *r)
{
    int bad = become(r, UM_USER_KEEPS_PORTS);

    bad |= geteuid() == 54321 && setuid(0) != 0 ? 0 : 2;
    bad |= low_port() == 0 ? 0 : 4;
    bad |= chown("/", 0, 0) != 0 ? 0 : 8;
    return bad;
}

static int free_child(struct rig *r)
{
    (void)r;
    return low_port();
}

static void test_another_user_for_good(void **state)
{
    if (!need_root()) {
        skip();
    }
    if (in_child(free_child, *state) == 0) {
        assert_int_equal(in_child(changed_user, *state), 0);
        assert_int_equal(in_child(changed_user_with_ports, *state), 0);
    } else {
        print_message("low ports are closed, or open, to all here\n");
        assert_int_equal(in_child(changed_user, *state) & ~64, 0);
    }
}

static int no_way_to_change(struct rig *r)
{
    struct um_user self, other;
    const char *step;
    char why[128];

    (void)r;
    um_user_self(&self);
    if (um_user_become(&self, 0, &step) != 0 ||
        um_user_find(STRANGER, &other) != 0) {
        return 1;
    }
    if (um_user_try(&other, why, sizeof why) || why[0] == '\0') {
        return 2;
    }
    return geteuid() == self.uid ? 0 : 3;
}

/* The container of somebody who may not change users. */
static void test_a_user_that_cannot_be_become(void **state)
{
    assert_int_equal(in_child(no_way_to_change, *state), 0);
}

/* Has nothing, and a filter does not let it ask for nothing. */
static int with_nothing(struct rig *r)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    struct um_user self;
    const char *step;

    if (become(r, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(capset), 0) != 0 ||
        seccomp_load(f) != 0) {
        return 1;
    }
    seccomp_release(f);
    um_user_self(&self);
    return um_user_become(&self, 0, &step) == 0 ? 0 : 2;
}

/* As a unit of systemd starts it that allows no privileged calls. */
static void test_who_has_nothing_asks_for_nothing(void **state)
{
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(in_child(with_nothing, *state), 0);
}

static int chooses(struct rig *r)
{
    struct um_user u, self;
    const char *step;

    if (um_confine_choose("no-such-user", &u, &r->log) != -1 ||
        strstr(r->line, "no such user") == NULL) {
        return 1;
    }
    um_user_self(&self);
    if (um_user_become(&self, 0, &step) != 0) {
        return 2;
    }
    /* Named: an error; not named: it stays, and a line says so. */
    if (um_confine_choose(STRANGER, &u, &r->log) != -1) {
        return 3;
    }
    r->line[0] = '\0';
    if (um_confine_choose(NULL, &u, &r->log) != 0 || u.uid != self.uid ||
        strstr(r->line, "what talks to the network") == NULL) {
        return 4;
    }
    return 0;
}

static void test_whom_it_chooses(void **state)
{
    assert_int_equal(in_child(chooses, *state), 0);
}

/* What somebody behind the fence finds, as bits. */
enum {
    READ_OUT = 1,
    WRITE_IN = 2,
    WRITE_OUT = 4,
    SOCKET_IN = 8,
    SIGNAL_OUT = 16,
    REMOVE_OUT = 32,
    FOLDER_OUT = 64,
    LINK_IN = 128
};

static int can_make(const char *dir, const char *name)
{
    char path[128];
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0;
}

static int can_bind(const char *dir)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(sun.sun_path, sizeof sun.sun_path, "%s/sock", dir);
    return bind(fd, (const struct sockaddr *)&sun, sizeof sun) == 0;
}

static int finds(struct rig *r)
{
    char file[128], folder[128], link[128];
    int found = 0;

    (void)snprintf(file, sizeof file, "%s/file", r->out);
    (void)snprintf(folder, sizeof folder, "%s/folder", r->out);
    (void)snprintf(link, sizeof link, "%s/new", r->in);
    found |= open(file, O_RDONLY | O_CLOEXEC) >= 0 ? READ_OUT : 0;
    found |= can_make(r->in, "file") ? WRITE_IN : 0;
    found |= can_make(r->out, "new") ? WRITE_OUT : 0;
    found |= can_bind(r->in) ? SOCKET_IN : 0;
    found |= kill(getppid(), 0) == 0 ? SIGNAL_OUT : 0;
    found |= mkdir(folder, 0700) == 0 ? FOLDER_OUT : 0;
    found |= symlink(file, link) == 0 ? LINK_IN : 0;
    found |= unlink(file) == 0 ? REMOVE_OUT : 0;
    return found;
}

static int fenced(struct rig *r)
{
    const struct um_fence_path paths[] = {{r->in, UM_FENCE_WRITE},
                                          {"/nowhere", UM_FENCE_WRITE}};
    const struct um_fence_gates gates = {.paths = paths, .n_paths = 2};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        um_fence_close(&gates) <= 0) {
        return 255;
    }
    return finds(r);
}

static void test_the_fence(void **state)
{
    int found;

    if (um_fence_abi() == 0) {
        print_message("skipped: this kernel or container has no Landlock\n");
        skip();
    }
    found = in_child(fenced, *state);
    assert_int_equal(found & ~SIGNAL_OUT, WRITE_IN | SOCKET_IN);
    if (um_fence_abi() >= 6) {
        assert_int_equal(found & SIGNAL_OUT, 0);
    }
}

static void test_without_the_fence_all_is_found(void **state)
{
    assert_int_equal(in_child(finds, *state),
                     READ_OUT | WRITE_IN | WRITE_OUT | SOCKET_IN | SIGNAL_OUT |
                         REMOVE_OUT | FOLDER_OUT | LINK_IN);
}

/* Two listeners; whether each can be reached: 1 the first, 2 the second, 4: one
 * can be opened. */
static int reaches(const struct sockaddr_in at[2])
{
    const struct sockaddr_in any = {.sin_family = AF_INET};
    int rv = 0;

    for (int i = 0; i < 2; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        rv |= connect(fd, (const struct sockaddr *)&at[i], sizeof at[i]) == 0
                  ? 1 << i
                  : 0;
        (void)close(fd);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        rv |= bind(fd, (const struct sockaddr *)&any, sizeof any) == 0 ? 4 : 0;
        (void)close(fd);
    }
    return rv;
}

static int ports(struct rig *r)
{
    struct um_fence_gates gates = {.n_paths = 0, .no_tcp = true};
    struct sockaddr_in at[2];

    (void)r;
    for (int i = 0; i < 2; i++) {
        socklen_t len = sizeof at[i];
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        at[i] = (struct sockaddr_in){.sin_family = AF_INET,
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        if (bind(fd, (const struct sockaddr *)&at[i], len) != 0 ||
            listen(fd, 4) != 0 ||
            getsockname(fd, (struct sockaddr *)&at[i], &len) != 0) {
            return 250;
        }
    }
    if (reaches(at) != 7) {
        return 251;
    }
    gates.tcp_port = ntohs(at[1].sin_port);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        um_fence_close(&gates) <= 0) {
        return 252;
    }
    return reaches(at);
}

static void test_the_fence_and_tcp(void **state)
{
    if (um_fence_abi() < 4) {
        print_message("skipped: Landlock knows no ports here\n");
        skip();
    }
    assert_int_equal(in_child(ports, *state), 2);
}

static struct um_confine_needs needs_of(const struct rig *r)
{
    return (struct um_confine_needs){.folder = r->in};
}

static int look_up(void)
{
    struct addrinfo *found = NULL;
    int rv = getaddrinfo("localhost", "80", NULL, &found);

    if (rv == 0) {
        freeaddrinfo(found);
    }
    return rv;
}

/* As the daemon: confined, then all of it is looked at. */
static int network(struct rig *r)
{
    const struct um_confine_needs needs = needs_of(r);
    struct rlimit core;
    struct um_user u;
    int bad = 0, abi = um_fence_abi();

    if (geteuid() == 0) {
        (void)um_user_find(STRANGER, &u);
    } else {
        um_user_self(&u);
    }
    if (um_confine_network(&u, &needs, &r->how, &r->log) != 0) {
        return 1;
    }
    bad |= geteuid() == u.uid ? 0 : 2;
    bad |= prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 4;
    bad |= prctl(PR_GET_DUMPABLE) == 0 ? 0 : 8;
    bad |= getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? 0 : 16;
    bad |= r->how.landlock == abi ? 0 : 32;
    bad |= r->how.seccomp == um_sieve_on() ? 0 : 64;
    bad |= look_up() == 0 ? 0 : 128;
    return bad;
}

static void test_the_network_s_process(void **state)
{
    assert_int_equal(look_up(), 0);
    assert_int_equal(in_child(network, *state), 0);
}

static int applier(struct rig *r)
{
    const struct um_confine_needs needs = needs_of(r);
    uid_t was = geteuid();
    int bad = 0;

    um_confine_applier(&needs, &r->how, &r->log);
    bad |= geteuid() == was && r->how.user.uid == was ? 0 : 1;
    bad |= prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 2;
    bad |= can_make(r->in, "file") ? 0 : 4;
    bad |= r->how.landlock == 0 || !can_make(r->out, "new") ? 0 : 8;
    bad |= prctl(PR_CAPBSET_READ, 21) == (was == 0 ? 0 : 1) ? 0 : 16;
    return bad;
}

static void test_the_applier(void **state)
{
    assert_int_equal(in_child(applier, *state), 0);
}

static void test_the_words(void **state)
{
    struct um_confined c = {.user = {.uid = 998, .name = "unitmesh"},
                            .changed = true,
                            .bare = true,
                            .no_new_privs = true,
                            .landlock = 7,
                            .seccomp = true};
    char text[UM_CONFINE_TEXT];

    (void)state;
    um_confine_text(&c, text, sizeof text);
    assert_string_equal(text,
                        "user unitmesh (998), no capabilities, Landlock "
                        "7, seccomp");
    c.low_ports = true;
    c.landlock = 0;
    c.seccomp = c.no_new_privs = false;
    um_confine_text(&c, text, sizeof text);
    assert_string_equal(text,
                        "user unitmesh (998), no capability but ports "
                        "below 1024, no Landlock, no seccomp, can gain "
                        "rights");
    c.off = true;
    um_confine_text(&c, text, sizeof text);
    assert_string_equal(text, "not at all: --no-confine");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_users_are_found),
        TEST(test_another_user_for_good),
        TEST(test_a_user_that_cannot_be_become),
        TEST(test_who_has_nothing_asks_for_nothing),
        TEST(test_whom_it_chooses),
        TEST(test_the_fence),
        TEST(test_without_the_fence_all_is_found),
        TEST(test_the_fence_and_tcp),
        TEST(test_the_network_s_process),
        TEST(test_the_applier),
        cmocka_unit_test(test_the_words),
    };

    return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Each call is made twice, by a child that is filtered and by one that is not:
 * where both get the same answer nothing is shown, and the row says so. Some
 * must show something, whoever runs the test.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/types.h"
#include "mesh/app/sieve.h"
#include "unit.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif

static int failed(long rv)
{
    return rv < 0 ? errno : 0;
}

static int try_exec(void)
{
    char *argv[] = {NULL};

    return failed(execve("/nowhere/at/all", argv, argv));
}

static int try_fork(void)
{
    pid_t child = fork();

    if (child == 0) {
        _exit(0);
    }
    return failed(child);
}

static int try_ptrace(void)
{
    return failed(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int try_read_memory(void)
{
    char from = 1, to;
    struct iovec a = {&to, 1}, b = {&from, 1};

    return failed(process_vm_readv(getpid(), &a, 1, &b, 1, 0));
}

static int try_write_memory(void)
{
    char from = 1, to;
    struct iovec a = {&from, 1}, b = {&to, 1};

    return failed(process_vm_writev(getpid(), &a, 1, &b, 1, 0));
}

static int try_pidfd(void)
{
    return failed(syscall(SYS_pidfd_open, getpid(), 0));
}

static int try_io_uring(void)
{
    return failed(syscall(SYS_io_uring_setup, 1, NULL));
}

static int try_unshare(void)
{
    return failed(unshare(0));
}

static int try_setns(void)
{
    return failed(setns(-1, 0));
}

static int try_user(void)
{
    return failed(setuid(getuid()));
}

static int try_memfd(void)
{
    return failed(syscall(SYS_memfd_create, "x", 0));
}

static int try_personality(void)
{
    return failed(syscall(SYS_personality, 0xffffffffUL));
}

static int try_mount(void)
{
    return failed(syscall(SYS_mount, NULL, NULL, NULL, 0, NULL));
}

static int try_bpf(void)
{
    return failed(syscall(SYS_bpf, -1, NULL, 0));
}

static int try_keyctl(void)
{
    return failed(syscall(SYS_keyctl, 0, -3, 0));
}

static int try_handle(void)
{
    return failed(syscall(SYS_open_by_handle_at, -1, NULL, 0));
}

static int try_module(void)
{
    return failed(syscall(SYS_init_module, NULL, 0, NULL));
}

static int try_perf(void)
{
    return failed(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
}

static int try_shm(void)
{
    return failed(syscall(SYS_shmget, 0, 1, 0600));
}

static int try_clone3(void)
{
    return failed(syscall(SYS_clone3, NULL, 0));
}

static int try_other(void)
{
    return failed(kill(getppid(), 0));
}

static int try_alg(void)
{
    return failed(socket(AF_ALG, SOCK_SEQPACKET, 0));
}

static int try_packets(void)
{
    return failed(socket(AF_PACKET, SOCK_RAW, 0));
}

static int try_audit(void)
{
    return failed(socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT));
}

static int try_type(void)
{
    return failed(ioctl(0, TIOCSTI, "x"));
}

/* What must go on, and did in another way. */
static void *idle(void *arg)
{
    return arg;
}

static int try_thread(void)
{
    pthread_t t;
    int rv = pthread_create(&t, NULL, idle, NULL);

    return rv != 0 ? rv : pthread_join(t, NULL);
}

static int try_sockets(void)
{
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6};
    int yes = 1;

    for (size_t i = 0; i < P2P__COUNT(families); i++) {
        int fd = socket(families[i], SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 && errno == EAFNOSUPPORT) {
            continue; /* a machine without IPv6 */
        }
        if (fd < 0 || ioctl(fd, FIONBIO, &yes) != 0 || close(fd) != 0) {
            return errno;
        }
    }
    return failed(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
}

static int try_files(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (fd < 0 || p == MAP_FAILED || write(fd, "x", 1) != 1) {
        return errno;
    }
    return munmap(p, 4096) == 0 && close(fd) == 0 ? 0 : errno;
}

static int try_listen(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sa_family_t family = AF_UNIX;

    /* The kernel gives it an abstract name. */
    return fd >= 0 &&
                   bind(fd, (const struct sockaddr *)&family, sizeof family) ==
                       0 &&
                   listen(fd, 1) == 0
               ? 0
               : errno;
}

static int try_signal_self(void)
{
    return failed(kill(getpid(), 0));
}

/* What a call answers in a child of its own: 0 or errno. */
static int ask(int (*call)(void), int filter, enum um_sieve_role role)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGCHLD, SIG_IGN);
        if (filter && (um_sieve_set(role) != 0 || !um_sieve_on())) {
            _exit(255);
        }
        _exit(call() & 0x7f);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int skip_without(void)
{
    if (ask(try_files, 1, UM_SIEVE_NETWORK) == 255) {
        print_message("skipped: this kernel or container has no seccomp\n");
        return 1;
    }
    return 0;
}

struct row {
    const char *name;
    int (*call)(void);
    int answer;
    int sanitized; /* a sanitizer needs it */
};

static const struct row rows[] = {
    {"execve", try_exec, EPERM, 0},
    {"fork", try_fork, ENOSYS, 1},
    {"ptrace", try_ptrace, EPERM, 1},
    {"process_vm_readv", try_read_memory, EPERM, 1},
    {"process_vm_writev", try_write_memory, EPERM, 0},
    {"pidfd_open", try_pidfd, EPERM, 0},
    {"io_uring_setup", try_io_uring, EPERM, 0},
    {"unshare", try_unshare, EPERM, 0},
    {"setns", try_setns, EPERM, 0},
    {"setuid", try_user, EPERM, 0},
    {"memfd_create", try_memfd, EPERM, 0},
    {"personality", try_personality, EPERM, 0},
    {"mount", try_mount, EPERM, 0},
    {"bpf", try_bpf, EPERM, 0},
    {"keyctl", try_keyctl, EPERM, 0},
    {"open_by_handle_at", try_handle, EPERM, 0},
    {"init_module", try_module, EPERM, 0},
    {"perf_event_open", try_perf, EPERM, 0},
    {"shmget", try_shm, ENOSYS, 0},
    {"clone3", try_clone3, ENOSYS, 0},
    {"kill another", try_other, ENOSYS, 0},
    {"AF_ALG", try_alg, ENOSYS, 0},
    {"AF_PACKET", try_packets, ENOSYS, 0},
    {"NETLINK_AUDIT", try_audit, ENOSYS, 0},
    {"TIOCSTI", try_type, ENOSYS, 0},
};

static void test_what_an_intruder_wants_is_refused(void **state)
{
    int shown = 0;

    (void)state;
    if (skip_without()) {
        skip();
    }
    for (size_t i = 0; i < P2P__COUNT(rows); i++) {
        const struct row *r = &rows[i];
        int free_answer = ask(r->call, 0, UM_SIEVE_NETWORK);

        if (UM_SIEVE_SANITIZED && r->sanitized) {
            continue;
        }
        if (ask(r->call, 1, UM_SIEVE_NETWORK) != r->answer ||
            ask(r->call, 1, UM_SIEVE_APPLIER) != r->answer) {
            fail_msg("%s is not refused", r->name);
        }
        if (free_answer != r->answer) {
            shown++;
        } else {
            print_message("%s: refused here without the filter, too\n",
                          r->name);
        }
    }
    print_message("%d of %zu calls are refused by the filter alone\n", shown,
                  P2P__COUNT(rows));
    assert_true(shown >= (UM_SIEVE_SANITIZED ? 8 : 11));
}

static void test_what_the_daemon_does_goes_on(void **state)
{
    static int (*const calls[])(void) = {try_thread, try_sockets, try_files,
                                         try_signal_self};

    (void)state;
    if (skip_without()) {
        skip();
    }
    for (size_t i = 0; i < P2P__COUNT(calls); i++) {
        assert_int_equal(ask(calls[i], 1, UM_SIEVE_NETWORK), 0);
        assert_int_equal(ask(calls[i], 1, UM_SIEVE_APPLIER), 0);
    }
    assert_int_equal(ask(try_listen, 1, UM_SIEVE_NETWORK), 0);
}

static void test_the_applier_serves_nobody(void **state)
{
    (void)state;
    if (skip_without()) {
        skip();
    }
    assert_int_equal(ask(try_listen, 0, UM_SIEVE_APPLIER), 0);
    assert_int_equal(ask(try_listen, 1, UM_SIEVE_APPLIER), EPERM);
}

/* abort() has to end us, not to hang or to go on. */
static void test_abort_still_ends_it(void **state)
{
    pid_t child;
    int status = 0;

    (void)state;
    if (skip_without()) {
        skip();
    }
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        (void)um_sieve_set(UM_SIEVE_NETWORK);
        abort();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_an_intruder_wants_is_refused),
        cmocka_unit_test(test_what_the_daemon_does_goes_on),
        cmocka_unit_test(test_the_applier_serves_nobody),
        cmocka_unit_test(test_abort_still_ends_it),
    };

    return cmocka_run_group_tests_name("sieve", tests, NULL, NULL);
}

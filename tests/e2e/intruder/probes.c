/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See probes.h. None does harm where it works, for it is also tried by one who
 * may: what is opened is closed, what is stopped goes on.
 */
#include "probes.h"

#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/types.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static int failed(long rv)
{
    return rv < 0 ? errno : 0;
}

static int try_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    if (fd >= 0) {
        (void)close(fd);
    }
    return failed(fd);
}

static const char *proc(const struct probes_at *at, const char *name)
{
    static char path[64];

    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)at->applier, name);
    return path;
}

static const char *in_state(const struct probes_at *at, const char *name)
{
    static char path[2][300];
    static int turn;

    turn ^= 1;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s", at->state, name);
    return path[turn];
}

static int unit_socket(const struct probes_at *at)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rv;

    (void)snprintf(sun.sun_path, sizeof sun.sun_path, "%s", at->unit);
    rv = failed(connect(fd, (const struct sockaddr *)&sun, sizeof sun));
    (void)close(fd);
    return rv;
}

static int applier_memory(const struct probes_at *at)
{
    return try_open(proc(at, "mem"), O_RDWR);
}

static int applier_descriptors(const struct probes_at *at)
{
    DIR *d = opendir(proc(at, "fd"));
    int rv = d == NULL ? errno : 0;

    if (d != NULL) {
        (void)closedir(d);
    }
    return rv;
}

static int applier_descriptor(const struct probes_at *at)
{
    char name[64];

    return failed(readlink(proc(at, "fd/3"), name, sizeof name));
}

static int applier_traced(const struct probes_at *at)
{
    int rv = failed(ptrace(PTRACE_SEIZE, at->applier, NULL, NULL));

    if (rv == 0) {
        (void)ptrace(PTRACE_INTERRUPT, at->applier, NULL, NULL);
        (void)waitpid(at->applier, NULL, __WALL);
        (void)ptrace(PTRACE_DETACH, at->applier, NULL, NULL);
    }
    return rv;
}

/* Nothing is there to be read: who may is told so, who may not, that. */
static int applier_read(const struct probes_at *at)
{
    char byte;
    struct iovec to = {&byte, 1}, from = {(void *)8, 1};
    int rv = failed(process_vm_readv(at->applier, &to, 1, &from, 1, 0));

    return rv == EFAULT ? 0 : rv;
}

static int applier_written(const struct probes_at *at)
{
    char byte = 0;
    struct iovec from = {&byte, 1}, to = {(void *)8, 1};
    int rv = failed(process_vm_writev(at->applier, &from, 1, &to, 1, 0));

    return rv == EFAULT ? 0 : rv;
}

static int applier_signalled(const struct probes_at *at)
{
    return failed(kill(at->applier, 0));
}

static int applier_taken_from(const struct probes_at *at)
{
    int pidfd = (int)syscall(SYS_pidfd_open, at->applier, 0);
    int rv = failed(pidfd);

    if (rv == 0) {
        int fd = (int)syscall(SYS_pidfd_getfd, pidfd, 3, 0);

        rv = failed(fd);
        (void)close(fd);
        (void)close(pidfd);
    }
    return rv;
}

static int record_seen(const struct probes_at *at)
{
    DIR *d = opendir(in_state(at, "applier"));
    int rv = d == NULL ? errno : 0;

    if (d != NULL) {
        (void)closedir(d);
    }
    return rv;
}

static int record_read(const struct probes_at *at)
{
    return try_open(in_state(at, "applier/lock"), O_RDONLY);
}

static int folder_replaced(const struct probes_at *at)
{
    const char *is = in_state(at, "applier"), *other = in_state(at, "mine");
    int rv = failed(rename(is, other));

    if (rv == 0) {
        (void)rename(other, is);
    }
    return rv;
}

static int key_read(const struct probes_at *at)
{
    return try_open(in_state(at, "node.key"), O_RDONLY);
}

static int key_replaced(const struct probes_at *at)
{
    const char *is = in_state(at, "node.key"), *other = in_state(at, "mine");
    int rv = failed(rename(is, other));

    if (rv == 0) {
        (void)rename(other, is);
    }
    return rv;
}

static int policy_changed(const struct probes_at *at)
{
    return try_open(in_state(at, "policy.json"), O_WRONLY);
}

static int policy_removed(const struct probes_at *at)
{
    const char *is = in_state(at, "policy.json"), *other = in_state(at, "mine");
    int rv = failed(rename(is, other));

    if (rv == 0) {
        (void)rename(other, is);
    }
    return rv;
}

static int open_file(const struct probes_at *at)
{
    return try_open(at->open, O_RDONLY);
}

static int program_run(const struct probes_at *at)
{
    char *const none[] = {NULL};
    int rv;

    (void)at;
    rv = failed(execve("/nowhere", none, none));
    return rv == ENOENT ? 0 : rv;
}

static int process_made(const struct probes_at *at)
{
    pid_t child = fork();

    (void)at;
    if (child == 0) {
        _exit(0);
    }
    if (child > 0) {
        (void)waitpid(child, NULL, 0);
    }
    return failed(child);
}

static int root_again(const struct probes_at *at)
{
    (void)at;
    return failed(setresuid(0, 0, 0));
}

static int owner_changed(const struct probes_at *at)
{
    return failed(chown(at->open, 0, 0));
}

static int name_space(const struct probes_at *at)
{
    (void)at;
    return failed(unshare(CLONE_FS));
}

static int raw_socket(const struct probes_at *at)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    (void)at;
    if (fd >= 0) {
        (void)close(fd);
    }
    return failed(fd);
}

static int own_folder(const struct probes_at *at)
{
    const char *path = in_state(at, "mine");
    int rv = try_open(path, O_WRONLY | O_CREAT | O_EXCL);

    (void)unlink(path);
    return rv;
}

static int own_socket(const struct probes_at *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)at;
    if (fd >= 0) {
        (void)close(fd);
    }
    return failed(fd);
}

static const struct {
    const char *name;
    int (*probe)(const struct probes_at *at);
} probes[] = {
    {"unit socket", unit_socket},
    {"applier memory", applier_memory},
    {"applier descriptors", applier_descriptors},
    {"applier descriptor", applier_descriptor},
    {"applier traced", applier_traced},
    {"applier read", applier_read},
    {"applier written", applier_written},
    {"applier signalled", applier_signalled},
    {"applier taken from", applier_taken_from},
    {"record seen", record_seen},
    {"record read", record_read},
    {"folder replaced", folder_replaced},
    {"key read", key_read},
    {"key replaced", key_replaced},
    {"policy changed", policy_changed},
    {"policy removed", policy_removed},
    {"open file", open_file},
    {"program run", program_run},
    {"process made", process_made},
    {"root again", root_again},
    {"owner changed", owner_changed},
    {"name space", name_space},
    {"raw socket", raw_socket},
    {"own folder", own_folder},
    {"own socket", own_socket},
};

void probes_run(const struct probes_at *at)
{
    for (size_t i = 0; i < P2P__COUNT(probes); i++) {
        (void)printf("{\"type\":\"probe\",\"what\":\"%s\",\"errno\":%d}\n",
                     probes[i].name, probes[i].probe(at));
    }
    (void)fflush(stdout);
}

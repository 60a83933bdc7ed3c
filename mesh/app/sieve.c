/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A list of what is allowed, and an error for the rest; docs/adr/0014 says why
 * so. What is not in any list answers ENOSYS: C libraries know what to do then,
 * for that is what an older kernel says. The list is by families, not by what
 * was seen once: a path that runs rarely must not be the one that fails.
 */
#include "mesh/app/sieve.h"

#include <assert.h>
#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The longest name of a call, and more. */
#define NAME_BYTES 40

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Names, not numbers: they are not the same on every machine, and a kernel or
 * a libseccomp that has not heard of one leaves it out. A space parts them. */
static const char memory[] =
    "brk get_mempolicy madvise membarrier mincore mlock mlock2 mlockall "
    "mmap mmap2 mprotect mremap msync munlock munlockall munmap";

static const char files[] =
    "_llseek access chdir chmod chown chown32 close close_range "
    "copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 "
    "fadvise64_64 fallocate fchdir fchmod fchmodat fchown fchown32 "
    "fchownat fcntl fcntl64 fdatasync fgetxattr flock fstat fstat64 "
    "fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat "
    "getcwd getdents getdents64 getxattr inotify_add_watch inotify_init "
    "inotify_init1 inotify_rm_watch lchown lchown32 lgetxattr link linkat "
    "lseek lstat lstat64 mkdir mkdirat newfstatat open openat openat2 "
    "pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read "
    "readahead readlink readlinkat readv rename renameat renameat2 rmdir "
    "sendfile sendfile64 splice stat stat64 statfs statfs64 statx symlink "
    "symlinkat sync sync_file_range sync_file_range2 syncfs tee truncate "
    "truncate64 umask unlink unlinkat utime utimensat utimensat_time64 "
    "utimes write writev";

static const char waiting[] =
    "_newselect clock_getres clock_getres_time64 clock_gettime "
    "clock_gettime64 clock_nanosleep clock_nanosleep_time64 epoll_create "
    "epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd "
    "eventfd2 futex futex_time64 futex_waitv getitimer gettimeofday "
    "nanosleep pause poll ppoll ppoll_time64 pselect6 pselect6_time64 "
    "restart_syscall sched_yield select setitimer signalfd signalfd4 time "
    "timer_create timer_delete timer_gettime timer_settime timerfd_create "
    "timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 "
    "times wait4 waitid waitpid";

/* What a process knows of itself, and its threads. */
static const char itself[] =
    "arch_prctl capget exit exit_group get_robust_list get_thread_area "
    "getcpu getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups "
    "getgroups32 getpgid getpgrp getpid getppid getpriority getrandom "
    "getresgid getresgid32 getresuid getresuid32 getrlimit getrusage "
    "getsid gettid getuid getuid32 prctl prlimit64 riscv_flush_icache "
    "riscv_hwprobe rseq rt_sigaction rt_sigpending rt_sigprocmask "
    "rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 "
    "sched_getaffinity sched_getattr sched_getparam sched_getscheduler "
    "sched_setaffinity sched_setscheduler set_robust_list set_thread_area "
    "set_tid_address set_tls setpriority setrlimit sigaction sigaltstack "
    "sigprocmask sigreturn sysinfo ugetrlimit uname";

static const char talking[] =
    "connect getpeername getsockname getsockopt recv recvfrom recvmmsg "
    "recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt "
    "shutdown socketpair";

static const char serving[] = "accept accept4 bind listen";

/* What an intruder wants and nobody here needs: an error that says what it
 * is. Other programs, other processes, other users, other name spaces, keys,
 * what is mounted, what the kernel runs, and the ways around this filter. */
static const char refused[] =
    "acct add_key adjtimex bpf chroot clock_adjtime clock_settime "
    "delete_module execve execveat fanotify_init finit_module fork "
    "fsconfig fsmount fsopen fspick init_module io_uring_enter "
    "io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load "
    "kexec_load keyctl memfd_create memfd_secret mknod mknodat mount "
    "mount_setattr move_mount name_to_handle_at open_by_handle_at "
    "open_tree perf_event_open personality pidfd_getfd pidfd_open "
    "pidfd_send_signal pivot_root process_madvise process_vm_writev "
    "quotactl reboot request_key rt_sigqueueinfo rt_tgsigqueueinfo "
    "setdomainname setgid setgid32 setgroups setgroups32 sethostname "
    "setns setregid setregid32 setresgid setresgid32 setresuid "
    "setresuid32 setreuid setreuid32 settimeofday setuid setuid32 swapoff "
    "swapon syslog umount umount2 unshare userfaultfd vfork vhangup";

/* These too, but for the sanitizers. */
static const char looking[] = "process_vm_readv ptrace";

/* Gives all calls of a family their answer. */
static int family(scmp_filter_ctx f, uint32_t action, const char *names)
{
    char name[NAME_BYTES];
    int rv = 0;

    while (*names != '\0' && rv == 0) {
        size_t n = strcspn(names, " ");
        int nr;

        assert(n < sizeof name);
        memcpy(name, names, n);
        name[n] = '\0';
        nr = seccomp_syscall_resolve_name(name);
        if (nr != __NR_SCMP_ERROR && nr >= 0) {
            rv = seccomp_rule_add(f, action, nr, 0);
        }
        names += n + strspn(names + n, " ");
    }
    return rv;
}

/* Sockets of the families that we speak; netlink tells of interfaces. */
static int sockets(scmp_filter_ctx f)
{
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6};
    int nr = SCMP_SYS(socket), rv = 0;

    for (size_t i = 0; i < COUNT(families) && rv == 0; i++) {
        rv =
            seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 1,
                             SCMP_A0_32(SCMP_CMP_EQ, (unsigned)families[i], 0));
    }
    return rv != 0
               ? rv
               : seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 2,
                                  SCMP_A0_32(SCMP_CMP_EQ, AF_NETLINK, 0),
                                  SCMP_A2_32(SCMP_CMP_EQ, NETLINK_ROUTE, 0));
}

/* Of ioctl what is asked of sockets and terminals, never what types into one.
 */
static int ioctls(scmp_filter_ctx f)
{
    static const unsigned asked[] = {
        FIONBIO,      FIONREAD,      FIOCLEX,     FIONCLEX,    TCGETS,
        TIOCGWINSZ,   TIOCOUTQ,      SIOCGIFCONF, SIOCGIFNAME, SIOCGIFINDEX,
        SIOCGIFFLAGS, SIOCGIFHWADDR, SIOCGIFADDR, SIOCGIFMTU};
    int rv = 0;

    for (size_t i = 0; i < COUNT(asked) && rv == 0; i++) {
        rv = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                              SCMP_A1_32(SCMP_CMP_EQ, asked[i], 0));
    }
    return rv;
}

/* Signals to ourselves, as abort() sends one. */
static int signals(scmp_filter_ctx f)
{
    const unsigned self = (unsigned)getpid();
    int rv = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                              SCMP_A0_32(SCMP_CMP_EQ, self, 0));

    return rv != 0 ? rv
                   : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1,
                                      SCMP_A0_32(SCMP_CMP_EQ, self, 0));
}

/* Threads, no processes. Of clone3 the flags cannot be seen, so it answers
 * ENOSYS, and the C library asks clone. */
static int threads(scmp_filter_ctx f)
{
    int rv;

    if (UM_SIEVE_SANITIZED) {
        return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 0);
    }
#if defined(__s390x__)
    rv = seccomp_rule_add(
        f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
        SCMP_A1(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
#else
    rv = seccomp_rule_add(
        f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
        SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
#endif
    return rv;
}

static int families(scmp_filter_ctx f, enum um_sieve_role role)
{
    const uint32_t yes = SCMP_ACT_ALLOW, no = SCMP_ACT_ERRNO(EPERM);
    const struct {
        uint32_t action;
        const char *names;
    } all[] = {
        {yes, memory},  {yes, files},
        {yes, waiting}, {yes, itself},
        {yes, talking}, {role == UM_SIEVE_NETWORK ? yes : no, serving},
        {no, refused},  {UM_SIEVE_SANITIZED ? yes : no, looking},
    };
    int rv = 0;

    for (size_t i = 0; i < COUNT(all) && rv == 0; i++) {
        rv = family(f, all[i].action, all[i].names);
    }
    return rv;
}

int um_sieve_set(enum um_sieve_role role)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int rv;

    if (f == NULL) {
        return -ENOMEM;
    }
    rv = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
    /* Old libraries go through the rules one by one: slower, no less right. */
    (void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    rv = rv != 0 ? rv : families(f, role);
    rv = rv != 0 ? rv : sockets(f);
    rv = rv != 0 ? rv : ioctls(f);
    rv = rv != 0 ? rv : signals(f);
    rv = rv != 0 ? rv : threads(f);
    rv = rv != 0 ? rv : seccomp_load(f);
    seccomp_release(f);
    return rv;
}

bool um_sieve_on(void)
{
    return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2;
}

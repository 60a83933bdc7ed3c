/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Who owns what in the state folder, and that nobody who can write to it makes
 * root give away, or trust, anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/types.h"
#include "mesh/app/premises.h"
#include "unit.h"

#define STRANGER 54321

/* A folder with a state folder in it, and the last line that was said. */
struct rig {
    char dir[64];
    char state[80];
    char control[96];
    char line[1024];
    struct um_log log;
    struct um_user user;
    struct um_premises places;
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

    assert_non_null(r);
    (void)snprintf(r->dir, sizeof r->dir, "%s/um-premises-XXXXXX",
                   tmp != NULL && strlen(tmp) < 30 ? tmp : "/tmp");
    assert_non_null(mkdtemp(r->dir));
    assert_int_equal(chmod(r->dir, 0755), 0);
    (void)snprintf(r->state, sizeof r->state, "%s/s", r->dir);
    (void)snprintf(r->control, sizeof r->control, "%s/run/c", r->dir);
    r->log = (struct um_log){.level = UM_LOG_DEBUG, .user = r, .sink = on_line};
    r->user = (struct um_user){.uid = STRANGER, .gid = STRANGER, .name = "st"};
    r->places = (struct um_premises){r->state, r->control, &r->user, true};
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    pid_t pid = fork();

    if (pid == 0) {
        (void)execlp("rm", "rm", "-rf", r->dir, (char *)NULL);
        _exit(127);
    }
    (void)waitpid(pid, NULL, 0);
    free(r);
    return 0;
}

static const char *in(const struct rig *r, const char *name)
{
    static char path[160];

    (void)snprintf(path, sizeof path, "%s/%s", r->state, name);
    return path;
}

static void make(const struct rig *r, const char *name, mode_t mode)
{
    int fd = open(in(r, name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
}

/* A state folder as a daemon of root left it. */
static void old_state(const struct rig *r)
{
    assert_int_equal(mkdir(r->state, 0700), 0);
    make(r, "lock", 0600);
    make(r, "node.key", 0600);
    make(r, "mesh.db", 0600);
    make(r, "mesh.db-wal", 0600);
    make(r, "policy.json", 0600);
    make(r, "notes", 0600);
    assert_int_equal(mkdir(in(r, "unit"), 0700), 0);
    make(r, "unit/conf.json", 0600);
}

static uid_t owner(const struct rig *r, const char *name)
{
    struct stat st;

    assert_int_equal(lstat(in(r, name), &st), 0);
    return st.st_uid;
}

static mode_t mode(const struct rig *r, const char *name)
{
    struct stat st;

    assert_int_equal(lstat(in(r, name), &st), 0);
    return st.st_mode & 07777;
}

static int need_root(void)
{
    if (geteuid() != 0) {
        print_message("skipped: only root gives files away\n");
        return 0;
    }
    return 1;
}

static void test_each_gets_his_own(void **state)
{
    struct rig *r = *state;
    struct stat st;

    if (!need_root()) {
        skip();
    }
    old_state(r);
    assert_int_equal(um_premises_part(&r->places, &r->log), 0);
    assert_int_equal(owner(r, "."), 0);
    assert_int_equal(mode(r, "."), 01770);
    assert_int_equal(owner(r, "lock"), STRANGER);
    assert_int_equal(owner(r, "node.key"), 0);
    assert_int_equal(owner(r, "mesh.db"), STRANGER);
    assert_int_equal(owner(r, "mesh.db-wal"), STRANGER);
    assert_int_equal(owner(r, "unit"), STRANGER);
    assert_int_equal(owner(r, "unit/conf.json"), STRANGER);
    assert_int_equal(mode(r, "node.key"), 0600);
    assert_int_equal(owner(r, "notes"), 0);
    assert_int_equal(owner(r, "policy.json"), 0);
    assert_int_equal(mode(r, "policy.json"), 0640);
    assert_int_equal(owner(r, "applier"), 0);
    assert_int_equal(mode(r, "applier"), 0700);
    (void)snprintf(r->line, sizeof r->line, "%s/run", r->dir);
    assert_int_equal(stat(r->line, &st), 0);
    assert_int_equal(st.st_uid, STRANGER);
    assert_int_equal(st.st_mode & 07777, 0750);
    /* And once more. */
    assert_int_equal(um_premises_part(&r->places, &r->log), 0);
    /* Without an applier the keys are his, too. */
    r->places.keys_stay = false;
    assert_int_equal(um_premises_part(&r->places, &r->log), 0);
    assert_int_equal(owner(r, "node.key"), STRANGER);
}

static void test_it_all_comes_back(void **state)
{
    struct rig *r = *state;
    const struct um_user root = {.name = "root"};

    if (!need_root()) {
        skip();
    }
    old_state(r);
    assert_int_equal(um_premises_part(&r->places, &r->log), 0);
    r->places.user = &root;
    assert_int_equal(um_premises_part(&r->places, &r->log), 0);
    assert_int_equal(mode(r, "."), 0700);
    assert_int_equal(owner(r, "mesh.db"), 0);
    assert_int_equal(owner(r, "unit/conf.json"), 0);
}

static void test_a_new_folder(void **state)
{
    struct rig *r = *state;
    struct stat st;
    char deep[128];

    if (!need_root()) {
        skip();
    }
    (void)snprintf(deep, sizeof deep, "%s/a/b/s", r->dir);
    r->places.state = deep;
    assert_int_equal(um_premises_part(&r->places, &r->log), 0);
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 07777, 01770);
    *strrchr(deep, '/') = '\0';
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
}

/* Links to what is root's, under names that are given away. */
static void test_no_links_are_followed(void **state)
{
    struct rig *r = *state;
    struct stat st;
    char other[128];

    if (!need_root()) {
        skip();
    }
    old_state(r);
    (void)snprintf(other, sizeof other, "%s/other", r->dir);
    assert_int_equal(rename(in(r, "notes"), other), 0);
    assert_int_equal(unlink(in(r, "node.key")), 0);
    assert_int_equal(symlink(other, in(r, "node.key")), 0);
    assert_int_equal(link(other, in(r, "mesh.db-shm")), 0);
    assert_int_equal(symlink(r->dir, in(r, "unit/certs")), 0);
    assert_int_equal(unlink(in(r, "policy.json")), 0);
    assert_int_equal(symlink(other, in(r, "policy.json")), 0);
    assert_int_equal(um_premises_part(&r->places, &r->log), 0);
    assert_int_equal(stat(other, &st), 0);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(st.st_gid, 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(r->dir, &st), 0);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(owner(r, "mesh.db-shm"), 0);
    assert_int_equal(owner(r, "mesh.db"), STRANGER);
}

/* --state /var/lib must not become the user's. */
static void test_a_folder_of_others(void **state)
{
    struct rig *r = *state;

    if (!need_root()) {
        skip();
    }
    old_state(r);
    assert_int_equal(unlink(in(r, "lock")), 0);
    assert_int_equal(chmod(r->state, 0755), 0);
    assert_int_equal(um_premises_part(&r->places, &r->log), -1);
    assert_non_null(strstr(r->line, "other things"));
    assert_int_equal(mode(r, "."), 0755);
    assert_int_equal(owner(r, "mesh.db"), 0);
    /* And of somebody else. */
    make(r, "lock", 0600);
    assert_int_equal(chown(r->state, STRANGER + 1, 0), 0);
    assert_int_equal(um_premises_part(&r->places, &r->log), -1);
    assert_non_null(strstr(r->line, "neither"));
    assert_int_equal(owner(r, "mesh.db"), 0);
}

static void refused(struct rig *r)
{
    r->line[0] = '\0';
    assert_int_equal(um_premises_part(&r->places, &r->log), -1);
    assert_non_null(strstr(r->line, "/applier must be"));
}

static void test_a_foreign_folder_of_the_applier(void **state)
{
    struct rig *r = *state;

    if (geteuid() != 0) {
        um_user_self(&r->user);
    }
    assert_int_equal(mkdir(r->state, 0700), 0);
    make(r, "lock", 0600);
    assert_int_equal(mkdir(in(r, "applier"), 0755), 0);
    refused(r);
    assert_int_equal(chmod(in(r, "applier"), 0700), 0);
    assert_int_equal(um_premises_part(&r->places, &r->log), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(in(r, "applier"), STRANGER, STRANGER), 0);
        refused(r);
    }
    assert_int_equal(rmdir(in(r, "applier")), 0);
    assert_int_equal(symlink(r->dir, in(r, "applier")), 0);
    refused(r);
    assert_int_equal(unlink(in(r, "applier")), 0);
    make(r, "applier", 0600);
    refused(r);
}

/* Renames, removals and replacements by the user: exit code 0 when none
 * worked, and what is his works. */
static int replace(const struct rig *r)
{
    char to[160];
    int bad = setgid(STRANGER) != 0 || setuid(STRANGER) != 0 ? 1 : 0;

    (void)snprintf(to, sizeof to, "%s/moved", r->state);
    bad |= rename(in(r, "applier"), to) == 0 ? 2 : 0;
    bad |= rmdir(in(r, "applier")) == 0 ? 4 : 0;
    bad |= unlink(in(r, "policy.json")) == 0 ? 8 : 0;
    bad |= open(in(r, "applier"), O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0 ? 16
                                                                           : 0;
    bad |= open(in(r, "policy.json"), O_WRONLY | O_CLOEXEC) >= 0 ? 32 : 0;
    bad |= rename(in(r, "mesh.db"), to) != 0 ? 64 : 0;
    bad |= open(in(r, "policy.json"), O_RDONLY | O_CLOEXEC) < 0 ? 128 : 0;
    return bad;
}

static void test_he_cannot_replace_what_is_not_his(void **state)
{
    struct rig *r = *state;
    int status = 0;
    pid_t pid;

    if (!need_root()) {
        skip();
    }
    old_state(r);
    assert_int_equal(um_premises_part(&r->places, &r->log), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(setgroups(0, NULL) != 0 ? 255 : replace(r));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_gets_his_own),
        TEST(test_it_all_comes_back),
        TEST(test_a_new_folder),
        TEST(test_no_links_are_followed),
        TEST(test_a_folder_of_others),
        TEST(test_a_foreign_folder_of_the_applier),
        TEST(test_he_cannot_replace_what_is_not_his),
    };

    return cmocka_run_group_tests_name("premises", tests, NULL, NULL);
}

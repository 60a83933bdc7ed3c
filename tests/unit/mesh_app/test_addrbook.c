/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where members are, in a file, beside a bus that is the test's. */
#include "mesh/app/addrbook.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/app/daemon.h"
#include "unit.h"

#define OLD "/ip4/192.0.2.1/tcp/1/p2p/old\n"
#define NEW "/ip4/192.0.2.2/tcp/1/p2p/new"

struct rig {
    struct um_daemon d;
    char dir[64];
    char file[128];
    void (*alarm)(void *arg);
    unsigned alarms;
};

/* What the bus of the test knows, and the file meanwhile. */
static struct {
    const char *known;
    const char *file;
    char seen[64];
} world;

static void slurp(const char *path, char *to, size_t room)
{
    FILE *f = fopen(path, "re");
    size_t n = f != NULL ? fread(to, 1, room - 1, f) : 0;

    to[n] = '\0';
    if (f != NULL) {
        (void)fclose(f);
    }
}

void um_bus_known(const struct um_bus *bus, size_t peers,
                  void (*each)(void *user, const char *addr), void *user)
{
    (void)bus;
    assert_true(peers > 0);
    slurp(world.file, world.seen, sizeof world.seen);
    if (world.known != NULL) {
        each(user, world.known);
    }
}

void um_bus_recall(struct um_bus *bus, const char *addr)
{
    (void)bus;
    (void)addr;
}

static void *set(void *user, uint64_t ms, void (*fn)(void *arg), void *arg)
{
    struct rig *r = user;

    (void)ms;
    assert_ptr_equal(arg, &r->d);
    r->alarm = fn;
    r->alarms++;
    return r;
}

static void clear(void *user, void *alarm)
{
    struct rig *r = user;

    (void)alarm;
    r->alarm = NULL;
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    (void)user;
    (void)level;
    (void)line;
}

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    FILE *f;

    assert_non_null(r);
    (void)snprintf(r->dir, sizeof r->dir, "/tmp/um-addrbook-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    (void)snprintf(r->file, sizeof r->file, "%s/addresses", r->dir);
    f = fopen(r->file, "we");
    assert_non_null(f);
    assert_true(fputs(OLD, f) >= 0);
    assert_int_equal(fclose(f), 0);
    r->d.state.dir = open(r->dir, O_DIRECTORY | O_CLOEXEC);
    r->d.loop.alarms =
        (struct um_alarms){.user = r, .set = set, .clear = clear};
    r->d.log = (struct um_log){.level = UM_LOG_DEBUG, .sink = sink};
    r->d.bus = (struct um_bus *)(void *)r; /* looked at by nobody, both */
    r->d.mesh.node = (struct um_node *)(void *)r;
    world.known = NEW;
    world.file = r->file;
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/addresses.new", r->dir);
    (void)rmdir(path);
    (void)unlink(r->file);
    assert_int_equal(rmdir(r->dir), 0);
    (void)close(r->d.state.dir);
    free(r);
    return 0;
}

/* Something is new, and the time for company is over. */
static void renew(struct rig *r)
{
    um_addrbook_later(&r->d);
    assert_non_null(r->alarm);
    r->alarm(&r->d);
}

static void check_file(const struct rig *r, const char *want)
{
    char text[64];

    slurp(r->file, text, sizeof text);
    assert_string_equal(text, want);
}

static void test_what_is_new_is_written_whole(void **state)
{
    struct rig *r = *state;
    struct stat st;

    um_addrbook_later(&r->d);
    um_addrbook_later(&r->d);
    assert_int_equal(r->alarms, 1);
    r->alarm(&r->d);
    assert_string_equal(world.seen, OLD); /* not opened before it is known */
    check_file(r, NEW "\n");
    assert_int_equal(stat(r->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* No place for the new one: the old one stays. */
static void test_what_cannot_be_written_leaves_the_old_file(void **state)
{
    struct rig *r = *state;

    assert_int_equal(mkdirat(r->d.state.dir, "addresses.new", 0700), 0);
    renew(r);
    check_file(r, OLD);
}

/* Without a roster nobody is known to be a member. */
static void test_nobody_is_noted_with_a_roster_only(void **state)
{
    struct rig *r = *state;

    struct um_node *node = r->d.mesh.node;

    r->d.mesh.node = NULL;
    renew(r);
    check_file(r, OLD);
    r->d.mesh.node = node;
    world.known = NULL;
    renew(r);
    check_file(r, "");
}

/* Who leaves a mesh leaves nothing of where the others are. */
static void test_who_leaves_forgets_them(void **state)
{
    struct rig *r = *state;

    um_addrbook_later(&r->d);
    um_addrbook_forget(&r->d);
    assert_null(r->alarm);
    assert_int_equal(access(r->file, F_OK), -1);
    r->d.mesh.node = NULL;
    renew(r);
    assert_int_equal(access(r->file, F_OK), -1);
}

/* What is learned while the daemon ends is written by nobody: the bus will be
 * gone. */
static void test_after_its_end_no_alarm_is_set(void **state)
{
    struct rig *r = *state;

    um_addrbook_later(&r->d);
    um_addrbook_end(&r->d);
    assert_null(r->alarm);
    check_file(r, NEW "\n");
    um_addrbook_later(&r->d);
    assert_null(r->alarm);
    um_addrbook_end(&r->d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_new_is_written_whole,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_what_cannot_be_written_leaves_the_old_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nobody_is_noted_with_a_roster_only,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_leaves_forgets_them, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_after_its_end_no_alarm_is_set,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

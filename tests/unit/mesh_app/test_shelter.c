/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The applier's own folder: whole files or none, for one applier at a time. */
#include "mesh/app/shelter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/err.h"
#include "unit.h"

struct scene {
    char state[64];
    char line[512]; /* the last one of the log */
    struct um_log log;
    struct um_shelter shelter;
    struct um_agent_files files;
};

static void on_line(void *user, enum um_log_level level, const char *line)
{
    struct scene *s = user;

    (void)level;
    (void)snprintf(s->line, sizeof s->line, "%s", line);
}

static const char *in(const struct scene *s, const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", s->state, name);
    return path;
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    const char *tmp = getenv("TMPDIR");

    assert_non_null(s);
    (void)snprintf(s->state, sizeof s->state, "%s/um-shelter-XXXXXX",
                   tmp != NULL && strlen(tmp) < 30 ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->state));
    s->log = (struct um_log){.level = UM_LOG_DEBUG, .user = s, .sink = on_line};
    s->shelter = (struct um_shelter)UM_SHELTER_NONE;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"applier/lock", "applier/record",
                                        "applier/record.new", "applier/roster"};
    struct scene *s = *state;

    um_shelter_close(&s->shelter);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(in(s, names[i]));
    (void)rmdir(in(s, "applier/roster.new"));
    (void)rmdir(in(s, "applier"));
    (void)unlink(in(s, "applier"));
    assert_int_equal(rmdir(s->state), 0);
    free(s);
    return 0;
}

static void open_it(struct scene *s)
{
    assert_int_equal(um_shelter_open(&s->shelter, s->state, &s->log), 0);
    s->files = um_shelter_files(&s->shelter);
}

static int save(struct scene *s, const char *name, const char *text)
{
    return s->files.save(s->files.user, name, um_str(text));
}

/* Whether a file says that; "" if it is not there. */
static void says(struct scene *s, const char *name, const char *text)
{
    struct um_buf b = UM_BUF_INIT;
    int rv = s->files.load(s->files.user, name, &b);

    assert_int_equal(rv, text[0] != '\0' ? 0 : P2P_ENOTFOUND);
    assert_true(um_str_eq(um_buf_view(&b), um_str(text)));
    um_buf_fini(&b);
}

static void test_files(void **state)
{
    struct scene *s = *state;
    struct stat st;

    open_it(s);
    says(s, "record", "");
    assert_int_equal(s->files.drop(s->files.user, "record"), 0);
    assert_int_equal(save(s, "record", "one"), 0);
    says(s, "record", "one");
    assert_int_equal(save(s, "record", "two of them"), 0);
    says(s, "record", "two of them");
    assert_int_equal(stat(in(s, "applier/record"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(in(s, "applier"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    /* Another process finds them. */
    um_shelter_close(&s->shelter);
    open_it(s);
    says(s, "record", "two of them");
    assert_int_equal(s->files.drop(s->files.user, "record"), 0);
    says(s, "record", "");
}

/* A file that cannot be written is as it was, and nothing is left of it. */
static void test_a_write_that_fails(void **state)
{
    struct scene *s = *state;

    open_it(s);
    assert_int_equal(save(s, "roster", "one"), 0);
    assert_int_equal(mkdir(in(s, "applier/roster.new"), 0700), 0);
    assert_int_equal(save(s, "roster", "two"), P2P_EIO);
    says(s, "roster", "one");
    assert_int_equal(rmdir(in(s, "applier/roster.new")), 0);
    assert_int_equal(unlink(in(s, "applier/roster")), 0);
    assert_int_equal(mkdir(in(s, "applier/roster"), 0700), 0);
    assert_int_equal(save(s, "roster", "two"), P2P_EIO);
    assert_int_equal(access(in(s, "applier/roster.new"), F_OK), -1);
    assert_int_equal(rmdir(in(s, "applier/roster")), 0);
}

/* What others may go into is not used; nor is what lies in its place. */
static void test_whose_it_is(void **state)
{
    struct scene *s = *state;

    assert_int_equal(mkdir(in(s, "applier"), 0700), 0);
    assert_int_equal(chmod(in(s, "applier"), 0710), 0);
    assert_int_equal(um_shelter_open(&s->shelter, s->state, &s->log),
                     P2P_EACCES);
    assert_non_null(strstr(s->line, "others may go in"));
    um_shelter_close(&s->shelter);
    assert_int_equal(rmdir(in(s, "applier")), 0);
    assert_int_equal(symlink("/tmp", in(s, "applier")), 0);
    assert_int_equal(um_shelter_open(&s->shelter, s->state, &s->log), P2P_EIO);
    um_shelter_close(&s->shelter);
    assert_non_null(strstr(s->line, in(s, "applier")));
}

static void test_a_link_is_no_file(void **state)
{
    struct scene *s = *state;
    struct um_buf b = UM_BUF_INIT;

    open_it(s);
    assert_int_equal(symlink("/etc/passwd", in(s, "applier/record")), 0);
    assert_int_equal(s->files.load(s->files.user, "record", &b), P2P_EIO);
    assert_int_equal(b.len, 0);
    assert_int_equal(save(s, "record", "mine"), 0); /* it is replaced */
    says(s, "record", "mine");
}

static void test_the_lock(void **state)
{
    struct scene *s = *state;
    int fd;

    open_it(s);
    fd = open(in(s, "applier/lock"), O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    um_shelter_close(&s->shelter);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    (void)close(fd);
    s->shelter = (struct um_shelter)UM_SHELTER_NONE;
}

static void test_a_long_file(void **state)
{
    struct scene *s = *state;
    struct um_buf b = UM_BUF_INIT;
    int fd;

    open_it(s);
    fd = open(in(s, "applier/roster"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, UM__CAP_SHELTER_BYTES), 0);
    assert_int_equal(s->files.load(s->files.user, "roster", &b), 0);
    assert_int_equal(b.len, UM__CAP_SHELTER_BYTES);
    um_buf_fini(&b);
    assert_int_equal(ftruncate(fd, UM__CAP_SHELTER_BYTES + 1), 0);
    assert_int_equal(s->files.load(s->files.user, "roster", &b), P2P_EFORMAT);
    um_buf_fini(&b);
    (void)close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void put(const struct scene *s, const char *bytes, size_t len)
{
    FILE *f;

    (void)unlink(in(s, "applier/record"));
    f = fopen(in(s, "applier/record"), "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

/* What comes of a record of these bytes. */
static int read_as(struct scene *s, const char *bytes, size_t len)
{
    struct um_buf b = UM_BUF_INIT;
    int rv;

    put(s, bytes, len);
    rv = s->files.load(s->files.user, "record", &b);
    assert_int_equal(b.len, rv == 0 ? len : 0);
    if (rv == 0)
        assert_memory_equal(b.p, bytes, len);
    um_buf_fini(&b);
    return rv;
}

/* Before a record had two places it was one text. */
static void test_an_older_record_is_read(void **state)
{
    struct scene *s = *state;

    open_it(s);
    assert_int_equal(read_as(s, "\010\1\020\2 and its sum", 16), 0);
    assert_int_equal(save(s, "record", "new"), 0);
    says(s, "record", "new");
    assert_int_equal(read_as(s, "\010\2", 2), P2P_EFORMAT);
    assert_int_equal(read_as(s, "", 0), P2P_EFORMAT);
}

/* What a later form would be is no damage. */
static void test_a_newer_record_is_told_apart(void **state)
{
    struct scene *s = *state;

    open_it(s);
    assert_int_equal(read_as(s, "unitmsh2 whatever", 17), P2P_ENOTSUP);
    assert_int_equal(read_as(s, "unitmsh1 whatever", 17), P2P_EFORMAT);
    assert_int_equal(read_as(s, "unitmsh", 7), P2P_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_files),
        TEST(test_a_write_that_fails),
        TEST(test_whose_it_is),
        TEST(test_a_link_is_no_file),
        TEST(test_the_lock),
        TEST(test_a_long_file),
        TEST(test_an_older_record_is_read),
        TEST(test_a_newer_record_is_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A file of two places: whatever is torn, the text before it is there. */
#include "mesh/app/slots.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/err.h"
#include "unit.h"

#define NAME "record"

enum { ROOM = 16384, CAP = 2 << 20 }; /* that is UM__CAP_SLOTS_BYTES */

struct scene {
    char folder[64];
    int dir;
    struct um_slots s;
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    const char *tmp = getenv("TMPDIR");

    assert_non_null(s);
    (void)snprintf(s->folder, sizeof s->folder, "%s/um-slots-XXXXXX",
                   tmp != NULL && strlen(tmp) < 30 ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->folder));
    s->dir = open(s->folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    assert_true(s->dir >= 0);
    s->s.fd = -1;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    um_slots_close(&s->s);
    (void)unlinkat(s->dir, NAME, 0);
    (void)close(s->dir);
    assert_int_equal(rmdir(s->folder), 0);
    free(s);
    return 0;
}

static int save(struct scene *s, const char *text)
{
    return um_slots_save(&s->s, s->dir, NAME, um_str(text));
}

/* What another process finds. */
static int found(struct scene *s, struct um_buf *out)
{
    struct um_slots other = {.fd = -1};
    int rv = um_slots_load(&other, s->dir, NAME, out);

    um_slots_close(&other);
    return rv;
}

static void says(struct scene *s, const char *text)
{
    struct um_buf b = UM_BUF_INIT;

    assert_int_equal(found(s, &b), 0);
    assert_true(um_str_eq(um_buf_view(&b), um_str(text)));
    um_buf_fini(&b);
}

/* Turns over a byte of the file. */
static void spoil(struct scene *s, off_t at)
{
    uint8_t byte;
    int fd = openat(s->dir, NAME, O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    (void)close(fd);
}

static void cut(struct scene *s, off_t length)
{
    int fd = openat(s->dir, NAME, O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, length), 0);
    (void)close(fd);
}

static void test_saves(void **state)
{
    struct scene *s = *state;
    struct um_buf b = UM_BUF_INIT;
    struct stat before, after;

    assert_int_equal(found(s, &b), P2P_ENOTFOUND);
    assert_int_equal(save(s, "zero"), 0);
    says(s, "zero");
    assert_int_equal(fstatat(s->dir, NAME, &before, 0), 0);
    assert_int_equal(before.st_mode & 07777, 0600);
    for (int i = 0; i < 9; i++) {
        char text[16];

        (void)snprintf(text, sizeof text, "text %d", i);
        assert_int_equal(save(s, text), 0);
        says(s, text);
    }
    assert_int_equal(save(s, ""), 0);
    says(s, "");
    assert_int_equal(fstatat(s->dir, NAME, &after, 0), 0);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_int_equal(after.st_size, before.st_size);
}

/* Who opens it goes on counting. */
static void test_another_process_goes_on(void **state)
{
    struct scene *s = *state;
    struct um_buf b = UM_BUF_INIT;

    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(save(s, i == 0 ? "a" : i == 1 ? "b" : "c"), 0);
        um_slots_close(&s->s);
        um_buf_clear(&b);
        assert_int_equal(um_slots_load(&s->s, s->dir, NAME, &b), 0);
    }
    assert_true(um_str_eq(um_buf_view(&b), UM_STR("c")));
    assert_int_equal(s->s.number, 3);
    um_buf_fini(&b);
}

/* Wherever the last write was torn, what was there before it is there. */
static void test_a_torn_write(void **state)
{
    static const off_t at[] = {0, 7, 8, 39, 40, 47, 48, 55, 56, 58};
    struct scene *s = *state;

    assert_int_equal(save(s, "one"), 0);
    assert_int_equal(save(s, "two"), 0);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        struct um_buf b = UM_BUF_INIT;
        uint64_t place = s->s.number % 2 * ROOM;

        spoil(s, (off_t)place + at[i]);
        says(s, "one");
        um_slots_close(&s->s);
        assert_int_equal(um_slots_load(&s->s, s->dir, NAME, &b), 0);
        assert_int_equal(save(s, "two"), 0); /* in the place that is torn */
        assert_int_equal(s->s.number % 2 * ROOM, place);
        says(s, "two");
        um_buf_fini(&b);
    }
}

static void test_both_are_damaged(void **state)
{
    struct scene *s = *state;
    struct um_buf b = UM_BUF_INIT;

    assert_int_equal(save(s, "one"), 0);
    assert_int_equal(save(s, "two"), 0);
    spoil(s, 56);
    spoil(s, ROOM + 56);
    assert_int_equal(found(s, &b), P2P_EFORMAT);
    assert_int_equal(b.len, 0);
    um_slots_close(&s->s);
    cut(s, 2 * ROOM - 1);
    assert_int_equal(found(s, &b), P2P_EFORMAT);
    cut(s, 0);
    assert_int_equal(found(s, &b), P2P_EFORMAT);
    assert_int_equal(save(s, "anew"), 0);
    says(s, "anew");
}

/* A longer text than there is room for; the places grow, and never shrink. */
static void test_it_grows(void **state)
{
    struct scene *s = *state;
    char *text = calloc(1, CAP + 2);

    assert_non_null(text);
    assert_int_equal(save(s, "short"), 0);
    for (size_t n = ROOM - 56 - 1; n <= CAP; n *= 4) {
        memset(text, 'x', n);
        assert_int_equal(save(s, text), 0);
        says(s, text);
        text[n] = 'y';
        assert_int_equal(save(s, text), 0);
        says(s, text);
    }
    memset(text, 'z', CAP);
    text[CAP] = '\0';
    assert_int_equal(save(s, text), 0);
    says(s, text);
    text[CAP] = 'z';
    assert_int_equal(save(s, text), P2P_ETOOBIG);
    assert_int_equal(save(s, "short"), 0);
    says(s, "short");
    free(text);
}

/* A write that fails: what is there counts, and the next one goes. */
static void test_a_disk_that_fails(void **state)
{
    struct scene *s = *state;
    int fd;

    assert_int_equal(save(s, "one"), 0);
    fd = s->s.fd;
    s->s.fd = openat(s->dir, NAME, O_RDONLY | O_CLOEXEC);
    assert_int_equal(save(s, "two"), P2P_EIO);
    says(s, "one");
    (void)close(s->s.fd);
    s->s.fd = fd;
    assert_int_equal(save(s, "two"), 0);
    says(s, "two");
    /* The first one, where a file cannot be made. */
    um_slots_close(&s->s);
    assert_int_equal(mkdirat(s->dir, NAME ".new", 0700), 0);
    assert_int_equal(save(s, "three"), P2P_EIO);
    says(s, "two");
    assert_int_equal(unlinkat(s->dir, NAME ".new", AT_REMOVEDIR), 0);
}

/* A person removes it, or puts another one there, while it is open. */
static void test_a_file_that_is_taken_away(void **state)
{
    struct scene *s = *state;
    struct um_slots other = {.fd = -1};
    struct um_buf b = UM_BUF_INIT;

    assert_int_equal(save(s, "one"), 0);
    assert_int_equal(unlinkat(s->dir, NAME, 0), 0);
    assert_int_equal(um_slots_load(&s->s, s->dir, NAME, &b), P2P_ENOTFOUND);
    assert_int_equal(save(s, "two"), 0);
    says(s, "two");
    assert_int_equal(unlinkat(s->dir, NAME, 0), 0);
    assert_int_equal(um_slots_save(&other, s->dir, NAME, UM_STR("theirs")), 0);
    assert_int_equal(um_slots_load(&s->s, s->dir, NAME, &b), 0);
    assert_true(um_str_eq(um_buf_view(&b), UM_STR("theirs")));
    um_slots_close(&other);
    um_buf_fini(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_saves),
        TEST(test_another_process_goes_on),
        TEST(test_a_torn_write),
        TEST(test_both_are_damaged),
        TEST(test_it_grows),
        TEST(test_a_disk_that_fails),
        TEST(test_a_file_that_is_taken_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

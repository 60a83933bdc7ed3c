/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The files of the state folder are inputs (T39): one that is damaged, not a
 * file, or open to others is refused with a line that names it, and what lies
 * there is not touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/types.h"
#include "mesh/app/state.h"
#include "mesh/app/token.h"
#include "mesh/trust/item.h"
#include "unit.h"

/* An Ed25519 private key: type 1, 64 bytes of data. */
#define KEY_BYTES 68

/* A folder, and the last line that was said about it. */
struct rig {
    char dir[64];
    char line[512];
    struct um_log log;
};

static void on_line(void *user, enum um_log_level level, const char *line)
{
    struct rig *r = user;

    (void)level;
    (void)snprintf(r->line, sizeof r->line, "%s", line);
}

static const char *in(const struct rig *r, const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", r->dir, name);
    return path;
}

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    const char *tmp = getenv("TMPDIR");

    assert_non_null(r);
    (void)snprintf(r->dir, sizeof r->dir, "%s/um-state-XXXXXX",
                   tmp != NULL && strlen(tmp) < 30 ? tmp : "/tmp");
    assert_non_null(mkdtemp(r->dir));
    r->log = (struct um_log){.level = UM_LOG_DEBUG, .user = r, .sink = on_line};
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {
        "node.key",      "node.key.new", "lock", "node.key.old",
        "node.key.next", "rest.token",   "else"};
    struct rig *r = *state;

    for (size_t i = 0; i < P2P__COUNT(names); i++) {
        const char *path = in(r, names[i]);

        if (unlink(path) != 0 && errno == EISDIR) {
            (void)rmdir(path);
        }
    }
    assert_int_equal(rmdir(r->dir), 0);
    free(r);
    return 0;
}

static void write_file(const char *path, const void *p, size_t len,
                       unsigned mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static size_t read_file(const char *path, uint8_t *p, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    assert_true(fd >= 0);
    n = read(fd, p, cap);
    assert_true(n >= 0);
    assert_int_equal(close(fd), 0);
    return (size_t)n;
}

/* Opens the folder, which makes a key; returns that. */
static void fresh(struct rig *r, uint8_t key[KEY_BYTES])
{
    struct um_state s;

    assert_int_equal(um_state_open(&s, r->dir, &r->log), 0);
    um_state_close(&s);
    assert_int_equal(read_file(in(r, "node.key"), key, KEY_BYTES), KEY_BYTES);
}

/* The folder does not open, and the line says why. */
static void refused(struct rig *r, const char *why)
{
    struct um_state s;

    r->line[0] = '\0';
    assert_int_equal(um_state_open(&s, r->dir, &r->log), -1);
    assert_null(s.key);
    assert_int_equal(s.lock, -1);
    assert_non_null(strstr(r->line, "node.key"));
    assert_non_null(strstr(r->line, why));
}

static void test_T39_key_is_made_once_and_stays(void **state)
{
    struct rig *r = *state;
    uint8_t first[KEY_BYTES], second[KEY_BYTES];
    struct stat st;

    fresh(r, first);
    fresh(r, second);
    assert_memory_equal(first, second, KEY_BYTES);
    assert_int_equal(stat(in(r, "node.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_T39_damaged_key_is_refused_and_kept(void **state)
{
    struct rig *r = *state;
    static uint8_t bytes[P2P_PRIVKEY_MAX + 1];
    uint8_t key[KEY_BYTES], after[KEY_BYTES + 1];

    fresh(r, key);
    for (size_t len = 0; len < KEY_BYTES; len++) { /* cut off */
        write_file(in(r, "node.key"), key, len, 0600);
        refused(r, len == 0 ? "empty" : "damaged");
        assert_int_equal(read_file(in(r, "node.key"), after, sizeof after),
                         len);
        assert_memory_equal(after, key, len);
    }
    memcpy(bytes, key, KEY_BYTES); /* more behind it */
    write_file(in(r, "node.key"), bytes, KEY_BYTES + 1, 0600);
    refused(r, "damaged");
    write_file(in(r, "node.key"), bytes, sizeof bytes, 0600);
    refused(r, "longer than any key");
    bytes[1] = 9; /* a type that nobody knows */
    write_file(in(r, "node.key"), bytes, KEY_BYTES, 0600);
    refused(r, "damaged");
    memcpy(bytes, key, KEY_BYTES);
    bytes[KEY_BYTES - 1] ^= 1; /* its two halves contradict each other */
    write_file(in(r, "node.key"), bytes, KEY_BYTES, 0600);
    refused(r, "damaged");
    write_file(in(r, "node.key"), key, KEY_BYTES, 0600); /* control */
    fresh(r, after);
    assert_memory_equal(after, key, KEY_BYTES);
}

static void test_T39_key_that_others_can_read_is_refused(void **state)
{
    static const unsigned modes[] = {0640, 0604, 0620, 0666};
    struct rig *r = *state;
    uint8_t key[KEY_BYTES];

    fresh(r, key);
    for (size_t i = 0; i < P2P__COUNT(modes); i++) {
        write_file(in(r, "node.key"), key, KEY_BYTES, modes[i]);
        refused(r, "others");
    }
}

static void test_T39_key_that_is_no_file_is_refused(void **state)
{
    struct rig *r = *state;
    uint8_t key[KEY_BYTES];
    char target[128];

    fresh(r, key);
    (void)snprintf(target, sizeof target, "%s/else", r->dir);
    assert_int_equal(rename(in(r, "node.key"), target), 0);
    assert_int_equal(symlink("else", in(r, "node.key")), 0);
    refused(r, "link");
    assert_int_equal(unlink(in(r, "node.key")), 0);
    assert_int_equal(symlink("nowhere", in(r, "node.key")), 0);
    refused(r, "link");
    assert_int_equal(unlink(in(r, "node.key")), 0);
    assert_int_equal(mkdir(in(r, "node.key"), 0700), 0);
    refused(r, "not a file");
    assert_int_equal(rmdir(in(r, "node.key")), 0);
    assert_int_equal(mkfifo(in(r, "node.key"), 0600), 0);
    refused(r, "not a file"); /* and does not wait for a writer */
}

/* A crash between making the temporary file and renaming it. */
static void test_T39_half_a_new_key_does_not_matter(void **state)
{
    struct rig *r = *state;
    uint8_t key[KEY_BYTES];

    write_file(in(r, "node.key.new"), "\x08\x01", 2, 0600);
    fresh(r, key);
    assert_int_equal(access(in(r, "node.key.new"), F_OK), -1);
}

static void test_T39_token_is_refused_when_damaged(void **state)
{
    struct rig *r = *state;
    char token[UM_TOKEN_CHARS + 1], again[UM_TOKEN_CHARS + 1];
    char bytes[UM_TOKEN_CHARS + 2];
    int dir = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(dir >= 0);
    assert_int_equal(um_token_load(dir, token, &r->log), 0);
    assert_int_equal(um_token_load(dir, again, &r->log), 0);
    assert_string_equal(token, again);
    (void)snprintf(bytes, sizeof bytes, "%s\n", token);
    for (size_t len = 0; len <= UM_TOKEN_CHARS; len++) {
        write_file(in(r, "rest.token"), bytes, len, 0600);
        assert_int_equal(um_token_load(dir, again, &r->log), -1);
        assert_non_null(strstr(r->line, "rest.token"));
    }
    write_file(in(r, "rest.token"), bytes, sizeof bytes, 0600);
    assert_int_equal(um_token_load(dir, again, &r->log), -1);
    write_file(in(r, "rest.token"), bytes, UM_TOKEN_CHARS + 1, 0644);
    assert_int_equal(um_token_load(dir, again, &r->log), -1);
    bytes[0] = 'x';
    write_file(in(r, "rest.token"), bytes, UM_TOKEN_CHARS + 1, 0600);
    assert_int_equal(um_token_load(dir, again, &r->log), -1);
    assert_int_equal(unlink(in(r, "rest.token")), 0);
    assert_int_equal(mkfifo(in(r, "rest.token"), 0600), 0);
    assert_int_equal(um_token_load(dir, again, &r->log), -1);
    assert_int_equal(unlink(in(r, "rest.token")), 0);
    assert_int_equal(symlink("else", in(r, "rest.token")), 0);
    assert_int_equal(um_token_load(dir, again, &r->log), -1);
    (void)close(dir);
}

/* The next key is made once, and takes the place of the node's, which is kept:
 * after a start all is as before it. */
static void test_a_key_follows_another(void **state)
{
    struct rig *r = *state;
    struct um_name first, next, now;
    struct um_state s;

    assert_int_equal(um_state_open(&s, r->dir, &r->log), 0);
    assert_null(s.next);
    assert_int_equal(um_item_signer(s.key, &first), 0);
    assert_int_equal(um_state_make_next(&s, &r->log), 0);
    assert_int_equal(um_item_signer(s.next, &next), 0);
    um_state_close(&s);
    assert_int_equal(um_state_open(&s, r->dir, &r->log), 0);
    assert_int_equal(um_state_make_next(&s, &r->log), 0);
    assert_int_equal(um_item_signer(s.next, &now), 0);
    assert_true(um_name_eq(&now, &next));
    assert_int_equal(um_state_succeed(&s, &r->log), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(um_item_signer(s.key, &now), 0);
        assert_true(um_name_eq(&now, &next));
        assert_int_equal(um_item_signer(s.old, &now), 0);
        assert_true(um_name_eq(&now, &first));
        assert_null(s.next);
        um_state_close(&s);
        assert_int_equal(um_state_open(&s, r->dir, &r->log), 0);
    }
    um_state_drop_others(&s);
    um_state_close(&s);
    assert_int_equal(um_state_open(&s, r->dir, &r->log), 0);
    assert_null(s.old);
    um_state_close(&s);
}

/* A crash while the old one was kept: the node's is the old one still. */
static void test_a_crash_before_a_key_follows(void **state)
{
    struct rig *r = *state;
    struct um_name first, now;
    struct um_state s;

    assert_int_equal(um_state_open(&s, r->dir, &r->log), 0);
    assert_int_equal(um_item_signer(s.key, &first), 0);
    assert_int_equal(um_state_make_next(&s, &r->log), 0);
    assert_int_equal(unlinkat(s.dir, "node.key.next", 0), 0);
    assert_int_equal(um_state_succeed(&s, &r->log), -1);
    assert_int_equal(um_item_signer(s.key, &now), 0);
    assert_true(um_name_eq(&now, &first));
    um_state_close(&s);
    assert_int_equal(um_state_open(&s, r->dir, &r->log), 0);
    assert_int_equal(um_item_signer(s.key, &now), 0);
    assert_true(um_name_eq(&now, &first));
    um_state_close(&s);
}

static void test_second_daemon_does_not_get_the_folder(void **state)
{
    struct rig *r = *state;
    struct um_state a, b;

    assert_int_equal(um_state_open(&a, r->dir, &r->log), 0);
    assert_int_equal(um_state_open(&b, r->dir, &r->log), -1);
    assert_non_null(strstr(r->line, "in use"));
    um_state_close(&a);
    assert_int_equal(um_state_open(&b, r->dir, &r->log), 0);
    um_state_close(&b);
}

/* A look makes nothing, and keeps daemons out; one that runs keeps it out. */
static void test_a_look(void **state)
{
    struct rig *r = *state;
    struct um_state a, b;

    assert_int_equal(um_state_look(&a, in(r, "else"), &r->log), -1);
    assert_non_null(strstr(r->line, in(r, "else")));
    assert_int_equal(um_state_look(&a, r->dir, &r->log), 0);
    assert_null(a.key);
    assert_int_equal(access(in(r, "lock"), F_OK), -1);
    assert_int_equal(access(in(r, "node.key"), F_OK), -1);
    um_state_close(&a);
    assert_int_equal(um_state_open(&b, r->dir, &r->log), 0);
    assert_int_equal(um_state_look(&a, r->dir, &r->log), -1);
    assert_non_null(strstr(r->line, "in use by a daemon"));
    um_state_close(&b);
    assert_int_equal(um_state_look(&a, r->dir, &r->log), 0);
    assert_int_equal(um_state_open(&b, r->dir, &r->log), -1);
    um_state_close(&a);
    assert_int_equal(um_state_open(&b, r->dir, &r->log), 0);
    um_state_close(&b);
    assert_int_equal(unlink(in(r, "lock")), 0);
    assert_int_equal(symlink("node.key", in(r, "lock")), 0);
    assert_int_equal(um_state_look(&a, r->dir, &r->log), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_T39_key_is_made_once_and_stays),
        TEST(test_T39_damaged_key_is_refused_and_kept),
        TEST(test_T39_key_that_others_can_read_is_refused),
        TEST(test_T39_key_that_is_no_file_is_refused),
        TEST(test_T39_half_a_new_key_does_not_matter),
        TEST(test_T39_token_is_refused_when_damaged),
        TEST(test_a_key_follows_another),
        TEST(test_a_crash_before_a_key_follows),
        TEST(test_second_daemon_does_not_get_the_folder),
        TEST(test_a_look),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

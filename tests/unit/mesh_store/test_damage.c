/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A file in which bytes are not what was written. What is read is what was
 * written, or an error that names the file: nothing else, and no crash.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "batches.h"
#include "p2p/err.h"
#include "rig.h"
#include "unit.h"

/* Where a new store's page ends. */
#define PAGE 4096

/* A bit of everything. */
static void populate(struct um_store *s)
{
    struct um_self self = {.mesh = rig_name(1), .salt = {77}};
    struct um_kept_row row = {.seq = 5, .envelope = UM_STR("a row")};
    struct um_invite inv = {.uses = 3, .expires_ms = T0, .id = {1}};
    struct um_pending pending = {.at_ms = T0, .name = UM_STR("web")};
    struct um_answer answer = {.key = UM_STR("k"), .at_ms = T0};
    struct um_copy copy = {.at_ms = T0, .why = UM_COPY_DRIFT};
    struct um_buf b = UM_BUF_INIT;
    struct um_stored item;
    struct um_name hash;

    rig_add(s, 1, 30);
    assert_int_equal(um_store_begin(s), 0);
    for (uint64_t i = 1; i <= 3; i++) {
        hash = rig_doc(i, i * 5000, &b);
        assert_int_equal(um_documents_add(s, &hash, um_buf_view(&b)), 0);
    }
    assert_int_equal(um_copies_add(s, &copy, um_buf_view(&b)), 0);
    item = rig_item(50, &b);
    assert_int_equal(um_aside_add(s, &item), 0);
    assert_int_equal(um_self_put(s, &self), 0);
    assert_int_equal(rig_count_put(s, 77), 0);
    (void)rig_doc(4, 7000, &b);
    assert_int_equal(um_self_shown_put(s, &hash, um_buf_view(&b)), 0);
    for (uint64_t i = 1; i <= 8; i++) {
        row.member = pending.key = rig_name(i);
        inv.id[0] = (uint8_t)i;
        answer.key.len = i % 2;
        assert_int_equal(um_rows_put(s, &row), 0);
        assert_int_equal(um_invites_add(s, &inv, T0 - 1), 0);
        assert_int_equal(um_pending_put(s, &pending), 0);
        assert_int_equal(um_answers_put(s, &answer), 0);
    }
    assert_int_equal(um_store_commit(s), 0);
    um_buf_fini(&b);
}

/* Numbers and bytes of all that can be read, one after the other. */
static void note(struct um_buf *out, uint64_t a, uint64_t b, struct um_str s)
{
    um_buf_fmt(out, "%llu %llu ", (unsigned long long)a, (unsigned long long)b);
    um_buf_str(out, s);
    um_buf_byte(out, '\n');
}

static struct um_str bytes_of(const void *p, size_t len)
{
    return um_str_n(p, len);
}

static int note_items(struct um_store *s, struct um_buf *out)
{
    struct um_stored item = {0};
    int rv;

    while ((rv = um_items_next(s, item.place, &item)) == 1)
        note(out, item.kind, item.seen_ms + item.overdue_ms, item.envelope);
    for (item.place = 0;
         rv == 0 && (rv = um_aside_next(s, item.place, &item)) == 1; rv = 0)
        note(out, item.kind, item.seen_ms, item.envelope);
    return rv;
}

static int note_self(struct um_store *s, struct um_buf *out)
{
    struct um_self self;
    struct um_kept_row row = {.seq = 0};
    struct um_name effective = {{0}};
    struct um_str own = {0};
    int rv = um_self_get(s, &self);

    note(out, 0, 0, bytes_of(&self, sizeof self));
    if (rv == 0)
        rv = um_self_own_get(s, &own);
    note(out, 0, 0, own);
    if (rv == 0)
        rv = um_self_shown_get(s, &effective, out);
    note(out, 0, 0, bytes_of(&effective, 32));
    while (rv == 0 && (rv = um_rows_next(s, &row.member, &row)) == 1) {
        note(out, row.seq, row.seen_ms, row.envelope);
        note(out, 0, 0, bytes_of(&row.member, 32));
        rv = 0;
    }
    return rv;
}

static int note_doors(struct um_store *s, struct um_buf *out)
{
    struct um_invite inv = {.uses = 0};
    struct um_pending pending = {0};
    struct um_answer answer;
    int rv = 0;

    while (rv == 0 && (rv = um_invites_next(s, inv.id, &inv)) == 1) {
        note(out, inv.uses, inv.used, bytes_of(inv.id, 40));
        note(out, inv.roles, inv.expires_ms, UM_STR(""));
        rv = 0;
    }
    while (rv == 0 && (rv = um_pending_next(s, pending.place, &pending)) == 1) {
        note(out, pending.at_ms, 0, pending.name);
        note(out, 0, 0, bytes_of(&pending.key, 32));
        rv = 0;
    }
    for (size_t i = 0; i < 2 && rv == 0; i++) {
        rv = um_answers_get(s, um_str_n("k", i), T0, &answer);
        if (rv == 0)
            note(out, answer.at_ms, answer.status, answer.bytes);
    }
    return rv;
}

static int note_documents(struct um_store *s, struct um_buf *out)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_copy copy = {0};
    int rv = 0;

    for (uint64_t i = 1; i <= 3 && rv == 0; i++) {
        struct um_name hash = rig_doc(i, i * 5000, &b);

        rv = um_documents_get(s, &hash, out);
    }
    while (rv == 0 && (rv = um_copies_next(s, copy.place, &copy)) == 1) {
        note(out, copy.at_ms, copy.why, bytes_of(&copy.revision, 64));
        rv = um_copies_get(s, copy.place, out);
    }
    um_buf_fini(&b);
    return rv;
}

/* 0, or the first error. */
static int note_all(struct um_store *s, struct um_buf *out)
{
    int rv;

    um_buf_clear(out);
    rv = note_items(s, out);
    if (rv == 0)
        rv = note_self(s, out);
    if (rv == 0)
        rv = note_doors(s, out);
    if (rv == 0)
        rv = note_documents(s, out);
    return rv;
}

/* A populated store as bytes, and what it says. */
struct whole {
    struct um_buf file;
    struct um_buf said;
    struct um_buf now;
    struct rig g;
    size_t refused;  /* files that were not opened */
    size_t salvaged; /* of these, files that could be read */
    size_t noticed;  /* reads that failed, or the check */
    size_t same;     /* nothing is another: the byte is not used */
};

static void whole_init(struct whole *w)
{
    memset(w, 0, sizeof *w);
    rig_init(&w->g);
    populate(&w->g.s);
    rig_again(&w->g);
    assert_int_equal(note_all(&w->g.s, &w->said), 0);
    um_store_close(&w->g.s);
    rig_read(w->g.path, &w->file);
    assert_int_equal(w->file.len % PAGE, 0);
    assert_in_range(w->file.len, 20 * PAGE, 100 * PAGE);
}

static void whole_fini(struct whole *w)
{
    um_buf_fini(&w->file);
    um_buf_fini(&w->said);
    um_buf_fini(&w->now);
    rig_fini(&w->g);
}

static void ignore(void *user, const char *line)
{
    (void)user;
    (void)line;
}

/* Looks at what is left of a file that is refused: the check says what is
 * wrong, and reading it crashes nowhere. */
static void salvage(struct whole *w, size_t where)
{
    static const struct um_store_ear ear = {NULL, ignore};
    struct um_store *s = &w->g.s;
    int rv;

    if (um_store_open(s, w->g.path, UM_STORE_READ) != 0)
        return;
    w->salvaged++;
    rv = um_store_check(s, &ear);
    if (rv != P2P_EFORMAT)
        fail_msg("refused, and the check says %d, %s: %zu", rv, s->text, where);
    (void)note_all(s, &w->now);
    um_store_close(s);
}

/* Looks at a file that may be damaged. */
static void look(struct whole *w, const char *p, size_t len, size_t where)
{
    static const struct um_store_ear ear = {NULL, ignore};
    struct um_store *s = &w->g.s;
    int checked;
    int rv;

    rig_write(w->g.path, p, len);
    if (um_store_open(s, w->g.path, UM_STORE_EXISTING) != 0) {
        assert_true(s->trouble != UM_STORE_FINE);
        assert_non_null(strstr(s->text, w->g.path));
        w->refused++;
        (void)unlink(rig_file(&w->g, "-wal"));
        salvage(w, where);
        return;
    }
    checked = um_store_check(s, &ear);
    rv = note_all(s, &w->now);
    if (rv == 0 && !um_str_eq(um_buf_view(&w->now), um_buf_view(&w->said)))
        fail_msg("other content, and no error: %zu, check %d: %s", where,
                 checked, s->text);
    if (rv != 0 && checked == 0)
        fail_msg("a read fails (%d), and the check is content: %zu", rv, where);
    if (rv != 0 && rv != P2P_EFORMAT && rv != P2P_ENOTFOUND)
        fail_msg("%d: %s: %zu", rv, s->text, where);
    if (checked != 0)
        assert_int_equal(checked, P2P_EFORMAT);
    w->noticed += rv != 0 || checked != 0;
    w->same += rv == 0 && checked == 0;
    um_store_close(s);
}

static void flip(struct whole *w, size_t at, unsigned char by)
{
    w->file.p[at] = (char)(w->file.p[at] ^ by);
    look(w, w->file.p, w->file.len, at);
    w->file.p[at] = (char)(w->file.p[at] ^ by);
}

/* Every byte of the header, and of the head of each page. */
static void test_heads_of_pages(void **state)
{
    struct whole w;

    (void)state;
    whole_init(&w);
    for (size_t i = 0; i < 100; i++)
        flip(&w, i, 0x11);
    for (size_t page = 0; page < w.file.len; page += PAGE) {
        for (size_t i = page == 0 ? 100 : 0; i < 12 + (page == 0) * 100; i++)
            flip(&w, page + i, i % 2 ? 0x01 : 0x84);
    }
    print_message("%zu refused, %zu noticed, %zu without effect\n", w.refused,
                  w.noticed, w.same);
    assert_true(w.refused > 50 && w.noticed > 20 && w.salvaged > 20);
    whole_fini(&w);
}

/* Anywhere. */
static void test_flips_anywhere(void **state)
{
    uint64_t x = 99;
    struct whole w;

    (void)state;
    whole_init(&w);
    for (size_t i = 0; i < 600; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407U;
        flip(&w, (x >> 33) % w.file.len, (unsigned char)(1U << (x >> 30) % 8));
    }
    print_message("%zu refused, %zu noticed, %zu without effect\n", w.refused,
                  w.noticed, w.same);
    assert_true(w.refused > 20 && w.noticed > 100);
    whole_fini(&w);
}

static void test_pages_of_zeros(void **state)
{
    char page[PAGE];
    struct whole w;

    (void)state;
    whole_init(&w);
    for (size_t at = 0; at < w.file.len; at += PAGE) {
        memcpy(page, w.file.p + at, PAGE);
        memset(w.file.p + at, 0, PAGE);
        look(&w, w.file.p, w.file.len, at);
        memcpy(w.file.p + at, page, PAGE);
    }
    assert_true(w.refused > 10 && w.noticed > 3);
    whole_fini(&w);
}

static void test_cut_off(void **state)
{
    struct whole w;

    (void)state;
    whole_init(&w);
    for (size_t len = 0; len < w.file.len; len += PAGE / 2 + 512)
        look(&w, w.file.p, len, len);
    assert_true(w.refused > 10);
    assert_int_equal(w.same, 0);
    whole_fini(&w);
}

/* A document is damaged while the store is open: the others are read, it can
 * be fetched again, and what is written meanwhile is kept. */
static void test_the_rest_goes_on(void **state)
{
    struct um_buf bytes = UM_BUF_INIT;
    struct um_buf out = UM_BUF_INIT;
    struct um_name hash;
    struct um_name other;
    struct rig g;
    const char *at;
    int fd;

    (void)state;
    rig_init(&g);
    populate(&g.s);
    other = rig_doc(2, 10000, &bytes);
    hash = rig_doc(3, 15000, &bytes);
    rig_again(&g);
    rig_read(g.path, &out);
    at = memmem(out.p, out.len, bytes.p + 9000, 64);
    assert_non_null(at);
    fd = open(g.path, O_WRONLY);
    assert_int_equal(pwrite(fd, "damage", 6, at - out.p), 6);
    um_buf_clear(&out);
    assert_int_equal(um_documents_get(&g.s, &hash, &out), P2P_EFORMAT);
    assert_int_equal(out.len, 0);
    assert_int_equal(g.s.trouble, UM_STORE_DAMAGED);
    assert_non_null(strstr(g.s.text, g.path));
    assert_int_equal(um_documents_get(&g.s, &other, &out), 0);
    rig_has(&g.s, 30);
    rig_add(&g.s, 31, 32);
    assert_int_equal(um_documents_drop(&g.s, &hash), 0);
    assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&bytes)), 0);
    um_buf_clear(&out);
    assert_int_equal(um_documents_get(&g.s, &hash, &out), 0);
    rig_again(&g);
    rig_has(&g.s, 32);
    /* The descriptor is closed now: closing one gives up the locks of all. */
    (void)close(fd);
    um_buf_fini(&bytes);
    um_buf_fini(&out);
    rig_fini(&g);
}

/* One item is damaged: it is named, and one can go on behind it. */
static void test_past_a_damaged_item(void **state)
{
    struct um_stored item = {0};
    struct um_buf b = UM_BUF_INIT;
    struct um_buf file = UM_BUF_INIT;
    size_t good = 0;
    size_t bad = 0;
    struct rig g;
    char *at;
    int rv;

    (void)state;
    rig_init(&g);
    rig_add(&g.s, 1, 9);
    um_store_close(&g.s);
    rig_read(g.path, &file);
    item = rig_item(5, &b);
    at = memmem(file.p, file.len, item.envelope.p, item.envelope.len);
    assert_non_null(at);
    at[item.envelope.len - 1] ^= 1; /* of the signature */
    rig_write(g.path, file.p, file.len);
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_EXISTING), 0);
    item.place = 0;
    while ((rv = um_items_next(&g.s, item.place, &item)) != 0) {
        good += rv == 1;
        bad += rv == P2P_EFORMAT && item.place == 5;
    }
    assert_int_equal(good, 8);
    assert_int_equal(bad, 1);
    um_buf_fini(&b);
    um_buf_fini(&file);
    rig_fini(&g);
}

/* Writes batches in a child, which is killed: all are in the journal. */
static void killed_after(struct rig *g, uint64_t n)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        if (um_store_open(&g->s, g->path, UM_STORE_EXISTING) != 0)
            _exit(1);
        for (uint64_t i = 1; i <= n; i++) {
            if (batches_write(&g->s, i) != 0)
                _exit(1);
        }
        (void)raise(SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

/* A damaged journal ends before the damage: whole batches, and none after. */
static void test_a_damaged_journal(void **state)
{
    struct um_buf db = UM_BUF_INIT;
    struct um_buf wal = UM_BUF_INIT;
    uint64_t x = 5;
    size_t fewer = 0;
    struct rig g;

    (void)state;
    rig_init(&g);
    um_store_close(&g.s);
    rig_read(g.path, &db);
    killed_after(&g, 12);
    rig_read(rig_file(&g, "-wal"), &wal);
    for (size_t i = 0; i < 100; i++) {
        const char *wrong;
        uint64_t n;
        size_t at;

        x = x * UINT64_C(6364136223846793005) + 1442695040888963407U;
        at = i < 32 ? i : (x >> 33) % wal.len;
        wal.p[at] ^= 4;
        rig_write(g.path, db.p, db.len);
        rig_write(rig_file(&g, "-wal"), wal.p, wal.len);
        wal.p[at] ^= 4;
        if (um_store_open(&g.s, g.path, UM_STORE_EXISTING) != 0)
            fail_msg("%s", g.s.text);
        wrong = batches_look(&g.s, &n);
        if (wrong != NULL)
            fail_msg("byte %zu of the journal: %s", at, wrong);
        assert_in_range(n, 0, 12);
        fewer += n < 12;
        um_store_close(&g.s);
    }
    assert_in_range(fewer, 60, 100);
    um_buf_fini(&db);
    um_buf_fini(&wal);
    rig_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads_of_pages),
        cmocka_unit_test(test_flips_anywhere),
        cmocka_unit_test(test_pages_of_zeros),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_the_rest_goes_on),
        cmocka_unit_test(test_past_a_damaged_item),
        cmocka_unit_test(test_a_damaged_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

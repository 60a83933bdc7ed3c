/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See stock.h. Filling: the names that Unit holds are asked for, then what is
 * not among them is put, one after the other. A list that does not come whole
 * is taken to be empty, since a PUT of what is there is answered "already
 * exists", which is as good; so is a second PUT after one without an answer.
 * Clearing: the names once more, then one DELETE after the other.
 */
#include "mesh/applier/stock.h"

#include <string.h>

#include "mesh/base/buf.h"
#include "mesh/base/mem.h"
#include "mesh/doc/parse.h"

enum { KINDS = 2, SUFFIX_BYTES = 9, MAX_TRIES = 4 };

static const char *const folder[KINDS] = {"/certificates", "/js_modules"};
static const char *const called[KINDS] = {"certificate", "script"};

struct um_stock {
    struct um_stock_cfg cfg;
    struct um_stock_list list;
    struct um_stock_sweep sweep;
    bool clears;
    struct um_arena mem;       /* of the names */
    struct um_val held[KINDS]; /* objects, by the names that Unit holds */
    enum um_bundle_kind kind;  /* that is asked for, or cleared */
    size_t at;                 /* in the list, or in the names of the kind */
    unsigned tries;
};

static void list_kind(struct um_stock *s, unsigned kind);
static void put_next(struct um_stock *s);
static void delete_next(struct um_stock *s);

struct um_stock *um_stock_new(const struct um_stock_cfg *cfg)
{
    struct um_stock *s = um_mem_zalloc(sizeof *s);

    if (s != NULL) {
        s->cfg = *cfg;
    }
    return s;
}

static void reset(struct um_stock *s)
{
    um_arena_fini(&s->mem);
    memset(s->held, 0, sizeof s->held);
    s->at = 0;
    s->tries = 0;
}

void um_stock_free(struct um_stock *s)
{
    if (s != NULL) {
        um_unit_forget(s->cfg.unit, s);
        reset(s);
        um_mem_free(s);
    }
}

static void end(struct um_stock *s, enum um_result outcome, const char *text)
{
    reset(s);
    s->cfg.done(s->cfg.user, outcome, um_str(text));
}

/* Ends with what is wrong with one of the list. */
static void end_with(struct um_stock *s, enum um_result outcome,
                     const char *text)
{
    const struct um_runner_bundle *b = &s->list.item[s->at];
    struct um_buf words = UM_BUF_INIT;

    um_buf_fmt(&words, "%s \"%.*s\": %s", called[b->kind],
               UM_STR_ARG(b->called), text);
    um_buf_byte(&words, '\0');
    end(s, um_buf_failed(&words) ? UM_RESULT_NO_ANSWER : outcome,
        um_buf_failed(&words) ? "out of memory" : words.p);
    um_buf_fini(&words);
}

static bool has_kind(struct um_stock_list list, enum um_bundle_kind kind)
{
    for (size_t i = 0; i < list.count; i++) {
        if (list.item[i].kind == kind)
            return true;
    }
    return false;
}

/* The path of a certificate or script; a name may have anything but slashes. */
static void add_path(struct um_buf *out, enum um_bundle_kind kind,
                     struct um_str name)
{
    um_buf_text(out, folder[kind]);
    um_buf_byte(out, '/');
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.p[i];

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
            (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_')
            um_buf_byte(out, (char)c);
        else
            um_buf_fmt(out, "%%%02X", c);
    }
    um_buf_byte(out, '\0');
}

/* Asks for a change of one name. */
static void change(struct um_stock *s, enum um_bundle_kind kind,
                   struct um_str name, struct um_unit_change c,
                   um_unit_done *done)
{
    struct um_buf path = UM_BUF_INIT;
    const struct um_unit_answer none = {
        .status = UM_UNIT_BUSY, .body = "", .text = "out of memory"};

    add_path(&path, kind, name);
    c.path = path.p;
    if (um_buf_failed(&path)) {
        done(s, &none);
    } else {
        um_unit_change(s->cfg.unit, &c, done, s);
    }
    um_buf_fini(&path);
}

/* Keeps the names of a kind; whether it was a list. */
static bool keep_names(struct um_stock *s, const struct um_unit_answer *a)
{
    struct um_val *v = &s->held[s->kind];
    struct um_arena scratch = UM_ARENA_INIT;
    bool ok = a->status == UM_UNIT_OK &&
              um_doc_parse(um_str_n(a->body, a->len), &scratch, v, NULL) == 0 &&
              v->kind == UM_VAL_OBJECT;

    if (!ok) {
        *v = (struct um_val){0};
    }
    um_arena_adopt(&s->mem, &scratch);
    return ok;
}

static void on_list(void *user, const struct um_unit_answer *a)
{
    struct um_stock *s = user;
    bool ok = keep_names(s, a);

    if (!s->clears && a->status == UM_UNIT_ABSENT) {
        end(s, UM_RESULT_NO_ANSWER, a->text);
    } else if (!s->clears && a->code == 404 && s->kind == UM_BUNDLE_SCRIPT) {
        end(s, UM_RESULT_REFUSED, "This Unit takes no scripts.");
    } else if (s->clears && ok) {
        delete_next(s);
    } else {
        list_kind(s, s->kind + 1U);
    }
}

/* What stands before the name of one in a configuration, and in what
 * um_stock_write() writes. */
static const struct um_str word[KINDS] = {UM_STR_INIT("\"certificate\""),
                                          UM_STR_INIT("\"js_module\"")};

static bool has_word(struct um_str text, unsigned kind)
{
    return text.len > 0 &&
           memmem(text.p, text.len, word[kind].p, word[kind].len) != NULL;
}

/* Whether the kind matters to what is done. */
static bool is_wanted(const struct um_stock *s, unsigned kind)
{
    return has_kind(s->list, (enum um_bundle_kind)kind) ||
           (s->clears && (has_word(s->sweep.before, kind) ||
                          has_word(s->sweep.brought, kind)));
}

static void write_name(enum um_bundle_kind kind, struct um_str name,
                       struct um_buf *out)
{
    um_buf_str(out, word[kind]);
    um_buf_text(out, ":\"");
    um_buf_str(out, name);
    um_buf_text(out, "\"\n");
}

void um_stock_write(struct um_stock_list list, struct um_buf *out)
{
    for (size_t i = 0; i < list.count; i++) {
        write_name(list.item[i].kind, list.item[i].called, out);
        if (list.item[i].was.len > 0)
            write_name(list.item[i].kind, list.item[i].was, out);
    }
}

/* Asks for the names of this kind or one behind it; then acts on them. */
static void list_kind(struct um_stock *s, unsigned kind)
{
    while (kind < KINDS && !is_wanted(s, kind)) {
        kind++;
    }
    s->at = 0;
    if (kind < KINDS) {
        s->kind = (enum um_bundle_kind)kind;
        um_unit_get(s->cfg.unit, folder[kind], on_list, s);
    } else if (s->clears) {
        end(s, UM_RESULT_DONE, "");
    } else {
        put_next(s);
    }
}

void um_stock_fill(struct um_stock *s, struct um_stock_list list)
{
    reset(s);
    s->clears = false;
    s->list = list;
    list_kind(s, 0);
}

static void on_put(void *user, const struct um_unit_answer *a)
{
    struct um_stock *s = user;
    bool there =
        a->status == UM_UNIT_OK || (a->status == UM_UNIT_REFUSED &&
                                    strstr(a->body, "already exists") != NULL);

    if (there) {
        s->at++;
        s->tries = 0;
        put_next(s);
    } else if (a->status == UM_UNIT_UNKNOWN && ++s->tries < MAX_TRIES) {
        put_next(s);
    } else {
        end_with(s,
                 a->status == UM_UNIT_REFUSED ? UM_RESULT_REFUSED
                                              : UM_RESULT_NO_ANSWER,
                 a->text);
    }
}

/* Puts the next one that Unit does not hold. */
static void put_next(struct um_stock *s)
{
    const struct um_runner_bundle *b;

    while (s->at < s->list.count &&
           um_val_member(&s->held[s->list.item[s->at].kind],
                         s->list.item[s->at].called) != NULL) {
        s->at++;
    }
    if (s->at == s->list.count) {
        end(s, UM_RESULT_DONE, "");
        return;
    }
    b = &s->list.item[s->at];
    change(s, b->kind, b->called,
           (struct um_unit_change){
               .method = "PUT", .body = b->bytes.p, .len = b->bytes.len},
           on_put);
}

/* Whether a text of JSON has the name as a string. */
static bool names(struct um_str text, struct um_str name)
{
    struct um_str rest = text;

    while (rest.len > name.len + 1) {
        size_t at = um_str_find(rest, '"');

        rest = um_str_skip(rest, at + 1);
        if (um_str_starts(rest, name) && rest.len > name.len &&
            rest.p[name.len] == '"')
            return true;
    }
    return false;
}

/* What is in front of the hash in a name that says what is in it; p NULL: it is
 * no such name. */
static struct um_str base_of(enum um_bundle_kind kind, struct um_str name)
{
    struct um_str none = {NULL, 0};
    size_t n;

    if (name.len <= SUFFIX_BYTES)
        return none;
    n = name.len - SUFFIX_BYTES;
    if (name.p[n] != (kind == UM_BUNDLE_CERTIFICATE ? '.' : '_'))
        return none;
    for (size_t i = n + 1; i < name.len; i++) {
        if (!((name.p[i] >= '0' && name.p[i] <= '9') ||
              (name.p[i] >= 'a' && name.p[i] <= 'f')))
            return none;
    }
    return um_str_head(name, n);
}

/* Whether it is not all digits, as a date is that people put behind a name. */
static bool is_no_date(struct um_str name)
{
    for (size_t i = name.len - SUFFIX_BYTES + 1; i < name.len; i++) {
        if (name.p[i] >= 'a')
            return true;
    }
    return false;
}

bool um_stock_replaced(const struct um_stock_sweep *sweep,
                       enum um_bundle_kind kind, struct um_str name)
{
    struct um_str base = base_of(kind, name);
    bool edition = false;

    if (base.p == NULL || names(sweep->now, name))
        return false;
    for (size_t i = 0; i < sweep->list.count; i++) {
        const struct um_runner_bundle *b = &sweep->list.item[i];

        if (b->kind != kind)
            continue;
        if (um_str_eq(b->called, name))
            return false;
        edition = edition || um_str_eq(base_of(kind, b->called), base);
    }
    return names(sweep->before, name) || names(sweep->brought, name) ||
           (edition && is_no_date(name));
}

static void on_delete(void *user, const struct um_unit_answer *a)
{
    struct um_stock *s = user;

    if (a->status != UM_UNIT_OK) {
        um_log_line(s->cfg.log, UM_LOG_WARN, "Unit at %s keeps an old %s: %s",
                    um_unit_target(s->cfg.unit), called[s->kind], a->text);
    }
    if (a->status == UM_UNIT_BUSY || a->status == UM_UNIT_ABSENT) {
        end(s, UM_RESULT_DONE, "");
    } else {
        delete_next(s);
    }
}

/* Deletes the next one of the kind that was replaced. */
static void delete_next(struct um_stock *s)
{
    const struct um_val *held = &s->held[s->kind];

    while (s->at < held->count) {
        struct um_str name = held->members.p[s->at++].name;

        if (um_stock_replaced(&s->sweep, s->kind, name)) {
            change(s, s->kind, name,
                   (struct um_unit_change){.method = "DELETE"}, on_delete);
            return;
        }
    }
    list_kind(s, s->kind + 1U);
}

void um_stock_clear(struct um_stock *s, const struct um_stock_sweep *sweep)
{
    reset(s);
    s->clears = true;
    s->sweep = *sweep;
    s->list = sweep->list;
    list_kind(s, 0);
}

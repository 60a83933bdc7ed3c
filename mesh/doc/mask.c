/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See mask.h. A string of a configuration is read from its front: at each place
 * the longest secret that stands there is replaced. Words are marked byte by
 * byte first: whole secrets, then runs of eight bytes that a secret has, too,
 * which are looked up in a sorted list of those of the words, so that a long
 * secret costs no more than its length. Failure modes: no memory.
 */
#include "mesh/doc/mask.h"

#include <assert.h>
#include <stdlib.h>

#include "mesh/doc/print.h"
#include "p2p/err.h"

/* Secrets while they are collected. */
struct list {
    struct um_arena *arena;
    struct um_buf items;
};

static bool add(struct list *l, struct um_str name, struct um_str text)
{
    const struct um_mask_item item = {name, text};

    if (text.len > 0)
        um_buf_add(&l->items, &item, sizeof item);
    return !um_buf_failed(&l->items);
}

/* The strings and numbers of a value. */
static bool collect(struct list *l, struct um_str name, const struct um_val *v)
{
    bool ok = true;

    if (v->kind == UM_VAL_STRING || v->kind == UM_VAL_NUMBER)
        return add(l, name, v->text);
    for (size_t i = 0; um_val_nests(v) && i < v->count && ok; i++)
        ok = collect(
            l, name,
            v->kind == UM_VAL_ARRAY ? &v->items.p[i] : &v->members.p[i].value);
    return ok;
}

static int by_length(const void *a, const void *b)
{
    const struct um_mask_item *x = a;
    const struct um_mask_item *y = b;

    return x->text.len != y->text.len
               ? (x->text.len < y->text.len) - (x->text.len > y->text.len)
               : memcmp(x->text.p, y->text.p, x->text.len);
}

/* Makes a mask of what was collected. */
static int finish(struct list *l, struct um_mask *out)
{
    struct um_str bytes = {NULL, 0};
    size_t n = l->items.len / sizeof *out->items;
    struct um_mask_item *items =
        um_buf_failed(&l->items)
            ? NULL
            : um_arena_zalloc(l->arena, n + 1, sizeof *items);

    bytes = um_buf_view(&l->items);
    if (items != NULL && n > 0)
        memcpy(items, bytes.p, n * sizeof *items);
    um_buf_fini(&l->items);
    if (items == NULL)
        return P2P_ENOMEM;
    qsort(items, n, sizeof *items, by_length);
    *out = (struct um_mask){items, n};
    return 0;
}

int um_mask_open(struct um_arena *a, const struct um_val *variables,
                 const struct um_secrets *secrets, struct um_mask *out)
{
    struct list l = {.arena = a, .items = UM_BUF_INIT};
    int rc = 0;

    for (size_t i = 0; variables != NULL && i < variables->count; i++) {
        const struct um_member *m = &variables->members.p[i];
        struct um_val v;

        if (!um_variables_sealed(&m->value) || secrets == NULL)
            continue;
        rc = secrets->open(secrets->user, m->name, &m->value, a, &v);
        if (rc == 0 && !collect(&l, m->name, &v))
            rc = P2P_ENOMEM;
        if (rc == P2P_ENOMEM)
            break;
    }
    if (rc == P2P_ENOMEM) {
        um_buf_fini(&l.items);
        return rc;
    }
    return finish(&l, out);
}

int um_mask_join(struct um_arena *a, struct um_mask *mask,
                 const struct um_mask *other)
{
    struct list l = {.arena = a, .items = UM_BUF_INIT};

    um_buf_add(&l.items, mask->items, mask->count * sizeof *mask->items);
    um_buf_add(&l.items, other->items, other->count * sizeof *other->items);
    return finish(&l, mask);
}

int um_mask_copy(struct um_arena *a, const struct um_mask *mask,
                 struct um_mask *out)
{
    struct um_mask_item *items =
        um_arena_zalloc(a, mask->count + 1, sizeof *items);

    for (size_t i = 0; items != NULL && i < mask->count; i++) {
        if (!um_arena_dup(a, mask->items[i].name, &items[i].name) ||
            !um_arena_dup(a, mask->items[i].text, &items[i].text))
            return P2P_ENOMEM;
    }
    *out = (struct um_mask){items, mask->count};
    return items != NULL ? 0 : P2P_ENOMEM;
}

static void put_name(struct um_buf *out, struct um_str name)
{
    assert(name.len > 0);
    um_buf_text(out, "{{");
    um_buf_str(out, name);
    um_buf_text(out, "}}");
}

/* ---- configurations */

struct hider {
    struct um_arena *arena;
    const struct um_mask *mask;
    size_t shortest;
};

/* The longest secret that stands at the front of s; NULL: none. */
static const struct um_mask_item *at_front(const struct hider *h,
                                           struct um_str s, bool whole)
{
    for (size_t i = 0; i < h->mask->count; i++) {
        const struct um_mask_item *it = &h->mask->items[i];

        assert(it->text.len > 0);
        if (it->text.len >= h->shortest &&
            (whole ? um_str_eq(s, it->text)
                   : it->text.len >= UM_MASK_INSIDE &&
                         um_str_starts(s, it->text)))
            return it;
    }
    return NULL;
}

/* Hides secrets in a text; one without any stays as it is. */
static bool hide_text(const struct hider *h, struct um_str *s)
{
    const struct um_mask_item *it = at_front(h, *s, true);
    struct um_buf out = UM_BUF_INIT;
    size_t kept = 0;
    bool ok = true;

    if (it != NULL) {
        put_name(&out, it->name);
        kept = s->len;
    }
    for (size_t at = kept; at < s->len;) {
        it = at_front(h, um_str_skip(*s, at), false);
        if (it == NULL) {
            at++;
            continue;
        }
        um_buf_str(&out, um_str_head(um_str_skip(*s, kept), at - kept));
        put_name(&out, it->name);
        at += it->text.len;
        kept = at;
    }
    if (kept > 0) {
        um_buf_str(&out, um_str_skip(*s, kept));
        ok = !um_buf_failed(&out) &&
             um_arena_dup(h->arena, um_buf_view(&out), s);
    }
    um_buf_fini(&out);
    return ok;
}

/* Hides in a value that is our own. */
static bool hide(const struct hider *h, struct um_val *v)
{
    bool ok = true;

    if (v->kind == UM_VAL_STRING)
        return hide_text(h, &v->text);
    if (v->kind == UM_VAL_NUMBER && h->shortest == 0 &&
        at_front(h, v->text, true) != NULL) {
        v->kind = UM_VAL_STRING;
        return hide_text(h, &v->text);
    }
    for (size_t i = 0; v->kind == UM_VAL_ARRAY && i < v->count && ok; i++)
        ok = hide(h, &v->items.p[i]);
    for (size_t i = 0; v->kind == UM_VAL_OBJECT && i < v->count && ok; i++)
        ok = hide_text(h, &v->members.p[i].name) &&
             hide(h, &v->members.p[i].value);
    return ok;
}

int um_mask_config(struct um_arena *a, const struct um_mask *mask,
                   size_t shortest, const struct um_val *config,
                   struct um_val *out)
{
    const struct hider h = {a, mask, shortest};
    const struct um_val v = *config; /* which may be *out */

    assert(mask->count == 0 || mask->items[0].text.len > 0);
    *out = v;
    return mask->count == 0 || (um_val_clone(a, &v, out) && hide(&h, out))
               ? 0
               : P2P_ENOMEM;
}

/* ---- words */

/* Eight bytes of the words. */
struct run {
    uint64_t bytes;
    size_t at;
};

/* Words, and of which secret each of their bytes is: one more than its index,
 * 0: of none. */
struct words {
    struct um_arena arena;
    struct um_str text;
    uint32_t *marks;
    struct run *runs; /* ascending */
    size_t runs_n;
};

static uint64_t eight(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static int by_bytes(const void *a, const void *b)
{
    const struct run *x = a;
    const struct run *y = b;

    return x->bytes != y->bytes ? (x->bytes > y->bytes) - (x->bytes < y->bytes)
                                : (x->at > y->at) - (x->at < y->at);
}

static bool words_init(struct words *w, struct um_str text)
{
    _Static_assert(sizeof(uint64_t) == UM_MASK_RUN, "a run is one number");

    *w = (struct words){.arena = UM_ARENA_INIT, .text = text};
    w->runs_n = text.len >= UM_MASK_RUN ? text.len - UM_MASK_RUN + 1 : 0;
    w->marks = um_arena_zalloc(&w->arena, text.len + 1, sizeof *w->marks);
    w->runs = um_arena_zalloc(&w->arena, w->runs_n + 1, sizeof *w->runs);
    if (w->marks == NULL || w->runs == NULL)
        return false;
    for (size_t i = 0; i < w->runs_n; i++)
        w->runs[i] = (struct run){eight(text.p + i), i};
    qsort(w->runs, w->runs_n, sizeof *w->runs, by_bytes);
    return true;
}

static void mark(struct words *w, size_t at, size_t len, size_t item)
{
    assert(at + len <= w->text.len);
    for (size_t i = at; i < at + len; i++) {
        if (w->marks[i] == 0)
            w->marks[i] = (uint32_t)item + 1;
    }
}

/* Marks where the words have eight bytes that a secret has. */
static void mark_runs(struct words *w, struct um_str secret, size_t item)
{
    for (size_t i = 0; i + UM_MASK_RUN <= secret.len; i++) {
        uint64_t want = eight(secret.p + i);
        size_t low = 0, high = w->runs_n;

        while (low < high) {
            size_t mid = low + (high - low) / 2;

            if (w->runs[mid].bytes < want)
                low = mid + 1;
            else
                high = mid;
        }
        for (; low < w->runs_n && w->runs[low].bytes == want; low++)
            mark(w, w->runs[low].at, UM_MASK_RUN, item);
    }
}

static bool is_of_word(struct um_str s, size_t i)
{
    char c = i < s.len ? s.p[i] : ' ';

    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '_' || (c & 0x80) != 0;
}

/* Marks where a short secret stands: as a word, if it is very short. */
static void mark_short(struct words *w, struct um_str secret, size_t item)
{
    struct um_str s = w->text;

    for (size_t i = 0; i + secret.len <= s.len; i++) {
        bool word =
            (i == 0 || !is_of_word(s, i - 1)) && !is_of_word(s, i + secret.len);

        if (um_str_starts(um_str_skip(s, i), secret) &&
            (word || secret.len >= UM_MASK_INSIDE))
            mark(w, i, secret.len, item);
    }
}

static void mark_secret(struct words *w, struct um_str secret, size_t item)
{
    if (secret.len >= UM_MASK_RUN)
        mark_runs(w, secret, item);
    else
        mark_short(w, secret, item);
}

/* The same as it stands in JSON, if that is another text. */
static bool mark_escaped(struct words *w, struct um_str secret, size_t item)
{
    const struct um_val v = um_val_string(secret);
    struct um_buf text = UM_BUF_INIT;
    struct um_str inside;
    bool ok = um_doc_print(&text, &v) == 0;

    if (ok) {
        assert(text.len >= 2);
        inside = um_str_n(text.p + 1, text.len - 2);
        if (!um_str_eq(inside, secret))
            mark_secret(w, inside, item);
    }
    um_buf_fini(&text);
    return ok;
}

static void put_words(const struct words *w, const struct um_mask *mask,
                      struct um_buf *out)
{
    for (size_t i = 0; i < w->text.len; i++) {
        uint32_t now = w->marks[i];

        assert(now <= mask->count);
        if (now == 0)
            um_buf_byte(out, w->text.p[i]);
        else if (i == 0 || w->marks[i - 1] != now)
            put_name(out, mask->items[now - 1].name);
    }
}

int um_mask_words(const struct um_mask *mask, struct um_str words,
                  struct um_buf *out)
{
    struct words w;
    bool ok = words_init(&w, words);

    for (size_t i = 0; i < mask->count && ok; i++) {
        mark_secret(&w, mask->items[i].text, i);
        ok = mark_escaped(&w, mask->items[i].text, i);
    }
    if (ok)
        put_words(&w, mask, out);
    um_arena_fini(&w.arena);
    return ok && !um_buf_failed(out) ? 0 : P2P_ENOMEM;
}

const char *um_mask_say(const struct um_mask *mask, struct um_str words,
                        struct um_buf *room)
{
    um_buf_clear(room);
    if (um_mask_words(mask, words, room) == 0)
        um_buf_byte(room, '\0');
    return um_buf_failed(room) || room->len == 0 ? "out of memory" : room->p;
}

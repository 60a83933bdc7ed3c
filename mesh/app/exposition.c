/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See exposition.h. The two formats differ in the heads, in what a family is
 * called there, and in the end. Numbers are whole ones and thousandths, so no
 * locale has a say. Failure mode: no memory, which the end tells.
 */
#include "mesh/app/exposition.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "mesh/base/utf8.h"

/* What follows the family's name in a sample, and what the older format calls
 * the type. */
static const struct {
    const char *suffix;
    const char *open;
    const char *plain;
} types[] = {[UM_METRIC_GAUGE] = {"", "gauge", "gauge"},
             [UM_METRIC_COUNTER] = {"_total", "counter", "counter"},
             [UM_METRIC_HISTOGRAM] = {"", "histogram", "histogram"},
             [UM_METRIC_STATESET] = {"", "stateset", "gauge"},
             [UM_METRIC_INFO] = {"_info", "info", "gauge"}};

/* ---- what a client asks for */

/* A weight in thousandths of "q=0.75"; what cannot be read is none at all. */
static unsigned weight(struct um_str text)
{
    unsigned q = 0, unit = 1000;

    for (size_t i = 0; i < text.len && unit > 0; i++) {
        if (text.p[i] == '.' && i == 1) {
            continue;
        }
        if (text.p[i] < '0' || text.p[i] > '9') {
            return 0;
        }
        q += (unsigned)(text.p[i] - '0') * unit;
        unit /= 10;
    }
    return q <= 1000 ? q : 1000;
}

static struct um_str trim(struct um_str s)
{
    while (s.len > 0 && (*s.p == ' ' || *s.p == '\t')) {
        s = um_str_skip(s, 1);
    }
    while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t')) {
        s.len--;
    }
    return s;
}

/* Takes what is before the next `mark` off a list. */
static struct um_str take(struct um_str *list, char mark)
{
    const char *end = list->len > 0 ? memchr(list->p, mark, list->len) : NULL;
    size_t n = end != NULL ? (size_t)(end - list->p) : list->len;
    struct um_str head = um_str_head(*list, n);

    *list = um_str_skip(*list, n + 1);
    return trim(head);
}

static bool same(struct um_str s, const char *text)
{
    return s.len == strlen(text) && strncasecmp(s.p, text, s.len) == 0;
}

/* How welcome a media type is by one entry of the list, in thousandths; -1: it
 * is not spoken of. */
static int entry_weight(struct um_str entry, const char *kind, const char *type,
                        const char *version)
{
    struct um_str name = take(&entry, ';');
    int q = 1000;

    if (!same(name, type) && !same(name, kind) && !same(name, "*/*")) {
        return -1;
    }
    while (entry.len > 0) {
        struct um_str value = take(&entry, ';');
        struct um_str key = take(&value, '=');

        if (same(key, "q")) {
            q = (int)weight(value);
        } else if (same(key, "version") && !same(value, version)) {
            return -1;
        }
    }
    return q;
}

/* The most that any entry says. */
static int welcome(const char *accept, const char *kind, const char *type,
                   const char *version)
{
    struct um_str list = um_str(accept);
    int best = -1;

    while (list.len > 0) {
        int q = entry_weight(take(&list, ','), kind, type, version);

        best = q > best ? q : best;
    }
    return best;
}

bool um_exposition_wants_open(const char *accept)
{
    return accept == NULL ||
           welcome(accept, "application/*", "application/openmetrics-text",
                   "1.0.0") >= welcome(accept, "text/*", "text/plain", "0.0.4");
}

const char *um_exposition_type(bool open)
{
    return open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                : "text/plain; version=0.0.4; charset=utf-8";
}

/* ---- the text */

void um_exposition_init(struct um_exposition *e, bool open)
{
    *e = (struct um_exposition){.buf = UM_BUF_INIT, .open = open};
}

void um_exposition_family(struct um_exposition *e, const struct um_metric *m)
{
    assert(m->unit[0] == '\0' || um_str_ends(um_str(m->name), um_str(m->unit)));
    e->family = m;
    e->told = false;
}

/* Text with what would end it written otherwise. */
static void put_escaped(struct um_buf *b, struct um_str s, bool quotes)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '\n') {
            um_buf_text(b, "\\n");
        } else if (s.p[i] == '\\' || (s.p[i] == '"' && quotes)) {
            um_buf_byte(b, '\\');
            um_buf_byte(b, s.p[i]);
        } else {
            um_buf_byte(b, s.p[i]);
        }
    }
}

/* The family's head, before its first sample. */
static void put_head(struct um_exposition *e)
{
    const struct um_metric *m = e->family;
    const char *suffix = e->open ? "" : types[m->type].suffix;

    assert(m != NULL);
    if (e->told) {
        return;
    }
    e->told = true;
    um_buf_fmt(&e->buf, "# HELP %s%s ", m->name, suffix);
    put_escaped(&e->buf, um_str(m->help), e->open);
    um_buf_fmt(&e->buf, "\n# TYPE %s%s %s\n", m->name, suffix,
               e->open ? types[m->type].open : types[m->type].plain);
    if (e->open && m->unit[0] != '\0') {
        um_buf_fmt(&e->buf, "# UNIT %s %s\n", m->name, m->unit);
    }
}

/* A value of whoever: as much as fits, and what is no UTF-8, half a character
 * too, or would act on a terminal is a question mark. */
static void put_value(struct um_buf *b, struct um_str value)
{
    char text[UM_EXPOSITION_LABEL_BYTES + 1];
    size_t n = um_str_head(value, UM_EXPOSITION_LABEL_BYTES).len;

    if (n > 0) {
        memcpy(text, value.p, n);
    }
    text[n] = '\0';
    um_utf8_harmless(text);
    put_escaped(b, um_str(text), true);
}

static void put_name(struct um_exposition *e, const char *suffix,
                     const struct um_exposition_label *labels, size_t n)
{
    put_head(e);
    um_buf_text(&e->buf, e->family->name);
    um_buf_text(&e->buf, suffix);
    for (size_t i = 0; i < n; i++) {
        um_buf_fmt(&e->buf, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        put_value(&e->buf, labels[i].value);
        um_buf_byte(&e->buf, '"');
    }
    um_buf_text(&e->buf, n > 0 ? "} " : " ");
}

static void put_milli(struct um_buf *b, uint64_t thousandths)
{
    um_buf_fmt(b, "%" PRIu64 ".%03u", thousandths / 1000,
               (unsigned)(thousandths % 1000));
}

/* A bound as OpenMetrics wants it: no zero at the end that could be left out.
 */
static void put_bound(struct um_buf *b, uint32_t ms)
{
    unsigned rest = ms % 1000;
    int digits = 3;

    while (digits > 1 && rest % 10 == 0) {
        rest /= 10;
        digits--;
    }
    um_buf_fmt(b, "%u.%0*u", (unsigned)(ms / 1000), digits, rest);
}

void um_exposition_put(struct um_exposition *e,
                       const struct um_exposition_label *labels, size_t n,
                       uint64_t value)
{
    assert(e->family->type != UM_METRIC_HISTOGRAM);
    put_name(e, types[e->family->type].suffix, labels, n);
    um_buf_fmt(&e->buf, "%" PRIu64 "\n", value);
}

void um_exposition_milli(struct um_exposition *e,
                         const struct um_exposition_label *labels, size_t n,
                         uint64_t thousandths)
{
    assert(e->family->type != UM_METRIC_HISTOGRAM);
    put_name(e, types[e->family->type].suffix, labels, n);
    put_milli(&e->buf, thousandths);
    um_buf_byte(&e->buf, '\n');
}

void um_exposition_histogram(struct um_exposition *e,
                             const struct um_histogram *h)
{
    uint64_t all = um_histogram_upto(h, UM_HISTOGRAM_BOUNDS);

    assert(e->family->type == UM_METRIC_HISTOGRAM);
    for (size_t i = 0; i < UM_HISTOGRAM_BOUNDS; i++) {
        put_head(e);
        um_buf_fmt(&e->buf, "%s_bucket{le=\"", e->family->name);
        put_bound(&e->buf, um_histogram_bounds_ms[i]);
        um_buf_fmt(&e->buf, "\"} %" PRIu64 "\n", um_histogram_upto(h, i));
    }
    um_buf_fmt(&e->buf, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ",
               e->family->name, all, e->family->name);
    put_milli(&e->buf, h->sum_ms);
    um_buf_fmt(&e->buf, "\n%s_count %" PRIu64 "\n", e->family->name, all);
}

struct um_str um_exposition_finish(struct um_exposition *e)
{
    if (e->open) {
        um_buf_text(&e->buf, "# EOF\n");
    }
    return um_buf_failed(&e->buf) ? um_str_n(NULL, 0) : um_buf_view(&e->buf);
}

void um_exposition_fini(struct um_exposition *e)
{
    um_buf_fini(&e->buf);
}

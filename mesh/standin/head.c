/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The head reader. It starts from the first byte each time more bytes come:
 * heads are small, and so it needs no state between reads. Failure modes: the
 * bytes are no HTTP/1 head that Unit would take.
 */
#include "mesh/standin/head.h"

#include <assert.h>

#include "mesh/standin/target.h"
#include "p2p/err.h"

enum {
    VERSION_LEN = 8,   /* "HTTP/1.1" */
    LINE_REST_LEN = 10 /* the blank, the version, the first byte behind it */
};

struct line {
    struct um_str bytes;
    size_t at;
    size_t target_start;
    size_t target_end;
    size_t query; /* behind the question mark, 0: none */
    bool complex; /* needs normalising */
    bool rest;    /* behind what decides that */
};

/* The method; line.at is left at the blank behind it. */
static int read_method(struct line *l, struct um_shead *h)
{
    size_t start = 0;

    for (l->at = 0; l->at < l->bytes.len; l->at++) {
        char c = l->bytes.p[l->at];

        if ((c >= 'A' && c <= 'Z') || c == '_' || c == '-')
            continue;
        if (c == ' ') {
            h->method = um_str_n(l->bytes.p + start, l->at - start);
            return 0;
        }
        if (l->at != start || (c != '\r' && c != '\n'))
            return P2P_EPROTO;
        start++;
    }
    return P2P_EAGAIN;
}

/* Finds the slash that the target begins with. */
static int find_target(struct line *l)
{
    do {
        l->at++;
        if (l->at == l->bytes.len)
            return P2P_EAGAIN;
    } while (l->bytes.p[l->at] == ' ');
    l->target_start = l->at;
    return l->bytes.p[l->at] == '/' ? 0 : P2P_EPROTO;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* True if the few bytes left may still become "HTTP/x.y". */
static bool may_be_version(struct um_str s)
{
    static const char prefix[] = "HTTP/";
    size_t n = s.len < sizeof(prefix) - 1 ? s.len : sizeof(prefix) - 1;

    if (memcmp(s.p, prefix, n) != 0)
        return false;
    return (s.len < 6 || is_digit(s.p[5])) && (s.len < 7 || s.p[6] == '.') &&
           (s.len < 8 || is_digit(s.p[7]));
}

/* Few bytes stand behind the blank at l->at: wait, or the target goes on. */
static int short_rest(struct line *l)
{
    do {
        l->at++;
        if (l->at == l->bytes.len)
            return P2P_EAGAIN;
    } while (l->bytes.p[l->at] == ' ');
    return may_be_version(um_str_skip(l->bytes, l->at)) ? P2P_EAGAIN : 0;
}

/*
 * A blank in the target at l->at: the version follows, or the blank belongs to
 * the target. Sets *minor in the first case.
 */
static int read_version(struct line *l, char *minor)
{
    const char *p;

    for (;; l->at++) {
        if (l->bytes.len - l->at < LINE_REST_LEN)
            return short_rest(l);
        p = l->bytes.p + l->at;
        if (p[LINE_REST_LEN - 1] == '\r' || p[LINE_REST_LEN - 1] == '\n')
            break;
        if (p[1] != ' ')
            return 0;
    }
    if (memcmp(p + 1, "HTTP/1.", VERSION_LEN - 1) != 0 ||
        !is_digit(p[VERSION_LEN]))
        return P2P_EPROTO;
    l->at += LINE_REST_LEN - 1;
    if (l->bytes.p[l->at] == '\r') {
        l->at++;
        if (l->at == l->bytes.len)
            return P2P_EAGAIN;
        if (l->bytes.p[l->at] != '\n')
            return P2P_EPROTO;
    }
    l->at++;
    *minor = p[VERSION_LEN];
    return 0;
}

/* Looks at the byte at l->at for what it says about the target. */
static void note_byte(struct line *l, size_t *segment)
{
    char c = l->bytes.p[l->at];

    if (c == '#') {
        l->complex = true;
        l->rest = true;
    }
    if (l->rest)
        return;
    if ((c == '/' || c == '.') && *segment == l->at) {
        l->complex = true;
        l->rest = true;
    } else if (c == '/') {
        *segment = l->at + 1;
    } else if (c == '?') {
        l->query = l->at + 1;
        l->rest = true;
    } else if (c == '%') {
        l->complex = true;
        l->rest = true;
    }
}

/* The target and the version behind it; line.at is left behind the line. */
static int read_target(struct line *l, char *minor)
{
    size_t segment = l->at + 1;

    *minor = '\0';
    for (l->at++; l->at < l->bytes.len; l->at++) {
        char c = l->bytes.p[l->at];
        int rc;

        if (c == '\0' || c == '\r' || c == '\n')
            return P2P_EPROTO;
        if (c != ' ') {
            note_byte(l, &segment);
            continue;
        }
        l->target_end = l->at;
        rc = read_version(l, minor);
        if (rc != 0 || *minor != '\0')
            return rc;
    }
    return P2P_EAGAIN;
}

static int read_line(struct line *l, struct um_shead *h, bool keep_slashes)
{
    size_t path_end;
    int rc = read_method(l, h);

    if (rc == 0)
        rc = find_target(l);
    if (rc == 0)
        rc = read_target(l, &h->minor);
    if (rc != 0)
        return rc;
    h->target =
        um_str_n(l->bytes.p + l->target_start, l->target_end - l->target_start);
    if (l->complex) {
        if (h->target.len >= sizeof(h->path_room))
            return P2P_EPROTO;
        return um_starget_normalise(h->target, keep_slashes, h->path_room,
                                    &h->path, &h->query)
                   ? 0
                   : P2P_EPROTO;
    }
    path_end = l->query > 0 ? l->query - 1 : l->target_end;
    h->path =
        um_str_n(l->bytes.p + l->target_start, path_end - l->target_start);
    h->query = um_str_n(NULL, 0);
    if (l->query > 0)
        h->query = um_str_n(l->bytes.p + l->query, l->target_end - l->query);
    return 0;
}

static bool is_token(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static void keep_field(struct um_shead *h, struct um_shead_field f)
{
    int64_t n;

    if (h->field_count < UM__CAP_STANDIN_FIELDS)
        h->fields[h->field_count++] = f;
    if (!um_str_eq_nocase(f.name, UM_STR("Content-Length")))
        return;
    n = um_str_decimal(f.value);
    if (n < 0)
        h->body_length_bad = true;
    else
        h->body_length = (uint64_t)n;
}

/* The line end at *at. */
static int read_end(struct um_str b, size_t *at)
{
    if (b.p[*at] == '\r') {
        (*at)++;
        if (*at == b.len)
            return P2P_EAGAIN;
    }
    if (b.p[*at] != '\n')
        return P2P_EPROTO;
    (*at)++;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The value behind the colon, and the line's end. */
static int read_value(struct um_str b, size_t *at, struct um_str *value)
{
    size_t start, end;

    while (*at < b.len && is_blank(b.p[*at]))
        (*at)++;
    start = *at;
    while (*at < b.len && ((uint8_t)b.p[*at] >= 0x20 || b.p[*at] == '\t'))
        (*at)++;
    if (*at == b.len)
        return P2P_EAGAIN;
    for (end = *at; end > start && is_blank(b.p[end - 1]); end--) {
    }
    *value = um_str_n(b.p + start, end - start);
    return read_end(b, at);
}

/* One field, or the empty line that ends the head (then *last is set). */
static int read_field(struct um_str b, size_t *at, struct um_shead *h,
                      bool *last)
{
    struct um_shead_field f;
    size_t start = *at;
    int rc;

    while (*at < b.len && is_token(b.p[*at]))
        (*at)++;
    if (*at - start > UM_SHEAD_NAME_MAX)
        return P2P_EPROTO;
    if (*at == b.len)
        return P2P_EAGAIN;
    *last = b.p[*at] != ':';
    if (*last)
        return *at == start ? read_end(b, at) : P2P_EPROTO;
    if (*at == start)
        return P2P_EPROTO;
    f.name = um_str_n(b.p + start, *at - start);
    (*at)++;
    rc = read_value(b, at, &f.value);
    if (rc == 0)
        keep_field(h, f);
    return rc;
}

int um_shead_read(struct um_str bytes, bool keep_slashes, struct um_shead *h)
{
    struct line l = {.bytes = bytes};
    bool last = false;
    int rc;

    h->field_count = 0;
    h->body_length = 0;
    h->body_length_bad = false;
    rc = read_line(&l, h, keep_slashes);
    while (rc == 0 && !last)
        rc = read_field(bytes, &l.at, h, &last);
    h->length = l.at;
    assert(l.at <= bytes.len);
    return rc;
}

struct um_str um_shead_field(const struct um_shead *h, struct um_str name)
{
    for (size_t i = h->field_count; i > 0; i--) {
        if (um_str_eq_nocase(h->fields[i - 1].name, name))
            return h->fields[i - 1].value;
    }
    return um_str_n(NULL, 0);
}

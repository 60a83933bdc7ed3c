/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Answers: `return` and the page of an error; files are in standin_share.c.
 * Failure mode: a template that cannot be had is an error of the server.
 */
#include "mesh/standin/serve.h"

#include <assert.h>
#include <time.h>

#include "mesh/standin/schema.h"
#include "mesh/standin/share.h"

enum {
    OK = 200,
    BAD_REQUEST = 400,
    LAST_ERROR = 599,
    SERVER_ERROR = 500,
    BAD_GATEWAY = 502,
};

void um_sserve_date(struct um_buf *out, int64_t unix_s)
{
    static const char week[] = "SunMonTueWedThuFriSat";
    static const char year[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t t = (time_t)unix_s;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL)
        memset(&tm, 0, sizeof(tm));
    um_buf_fmt(out, "%.3s, %02d %.3s %4d %02d:%02d:%02d GMT",
               week + 3 * tm.tm_wday, tm.tm_mday, year + 3 * tm.tm_mon,
               tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Unit's own tables: the words of a redirection are found by place. */
static const char *const redirections[] = {
    "300 Multiple Choices",   "301 Moved Permanently", "302 Found",
    "303 See Other",          "304 Not Modified",      "307 Temporary Redirect",
    "308 Permanent Redirect",
};

static const struct {
    int status;
    const char *text;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Payload Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Entity"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {426, "Upgrade Required"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

void um_sserve_status(struct um_buf *out, int status)
{
    const int count = sizeof(redirections) / sizeof(redirections[0]);

    if (status >= 300 && status < 300 + count) {
        um_buf_text(out, redirections[status - 300]);
        return;
    }
    um_buf_fmt(out, "%03d ", status);
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            um_buf_text(out, reasons[i].text);
    }
}

void um_sserve_error(struct um_sresponse *out, int status)
{
    um_buf_clear(&out->body);
    um_buf_fmt(&out->body,
               "<!DOCTYPE html><title>Error %03d</title><p>Error %03d.\r\n",
               status, status);
    out->status = status;
    out->field[0] =
        (struct um_shead_field){UM_STR("Content-Type"), UM_STR("text/html")};
    out->field_count = 1;
    out->length = out->body.len;
}

/* Bytes that a location may not have as they stand. */
static bool is_unsafe(char c)
{
    uint8_t b = (uint8_t)c;

    return b <= 0x20 || b >= 0x7f || strchr("\"#%<>?\\^`{|}", c) != NULL;
}

/* True if a location is encoded already: then it stays. */
static bool is_encoded(struct um_str s)
{
    bool escapes = false;

    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '%')
            escapes = true;
        else if (is_unsafe(s.p[i]) && s.p[i] != '?' && s.p[i] != '#')
            return false;
    }
    return escapes;
}

static void put_encoded(struct um_buf *out, struct um_str s)
{
    const char *keep = "?#";

    for (size_t i = 0; i < s.len; i++) {
        const char *kept = s.p[i] != '\0' ? strchr(keep, s.p[i]) : NULL;

        if (!is_unsafe(s.p[i])) {
            um_buf_byte(out, s.p[i]);
        } else if (kept != NULL) {
            um_buf_byte(out, s.p[i]);
            keep = kept + 1;
        } else {
            um_buf_fmt(out, "%%%02X", (uint8_t)s.p[i]);
        }
    }
}

static bool location_of(const struct um_srequest *r, struct um_str text,
                        struct um_str *out)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_str value;
    bool ok = um_srequest_text(r, text, &value);

    if (ok && is_encoded(value))
        um_buf_str(&b, value);
    else if (ok)
        put_encoded(&b, value);
    ok = ok && !um_buf_failed(&b) &&
         um_arena_dup(r->arena, um_buf_view(&b), out);
    um_buf_fini(&b);
    return ok;
}

static void serve_return(const struct um_srequest *r,
                         const struct um_sval *action, struct um_sresponse *out)
{
    const struct um_sval *to = um_sval_member(action, UM_STR("location"));
    int status = (int)um_scheck_int(um_sval_member(action, UM_STR("return")));
    struct um_str value;

    if (status >= BAD_REQUEST && status <= LAST_ERROR) {
        um_sserve_error(out, status);
        return;
    }
    out->status = status;
    if (to == NULL)
        return;
    if (!location_of(r, to->text, &value)) {
        um_sserve_error(out, SERVER_ERROR);
        return;
    }
    out->field[out->field_count++] =
        (struct um_shead_field){UM_STR("Location"), value};
}

static struct um_shead_field *find_field(struct um_sresponse *out,
                                         struct um_str name)
{
    for (size_t i = 0; i < out->field_count; i++) {
        if (um_str_eq_nocase(out->field[i].name, name))
            return &out->field[i];
    }
    return NULL;
}

/* One of an action's response_headers: set, replaced, or taken away. */
static bool set_header(const struct um_srequest *r, const struct um_smember *m,
                       struct um_sresponse *out)
{
    struct um_shead_field *f = find_field(out, m->name);
    struct um_str value = {NULL, 0};

    if (m->value.type == UM_SVAL_NULL) {
        if (f != NULL)
            f->name.len = 0;
        return true;
    }
    if (!um_srequest_text(r, m->value.text, &value))
        return false;
    if (f == NULL) {
        if (out->field_count == UM_SSERVE_FIELDS_MAX)
            return true;
        f = &out->field[out->field_count++];
        f->name = m->name;
    }
    f->value = value;
    return true;
}

static void set_headers(const struct um_srequest *r,
                        const struct um_sval *action, struct um_sresponse *out)
{
    const struct um_sval *headers =
        um_sval_member(action, UM_STR("response_headers"));

    if (headers == NULL || out->status < OK || out->status >= BAD_REQUEST)
        return;
    for (size_t i = 0; i < headers->count; i++) {
        if (!set_header(r, &headers->members[i], out)) {
            um_sserve_error(out, SERVER_ERROR);
            return;
        }
    }
}

void um_sserve_request(const struct um_sval *conf,
                       const struct um_ssite_files *files,
                       struct um_sroute where, struct um_srequest *r,
                       struct um_sresponse *out)
{
    assert(out->field_count == 0 && out->length == 0);
    while (where.status == 0) {
        const struct um_sval *action = where.action;
        const struct um_sval *fallback;

        if (um_sval_member(action, UM_STR("return")) != NULL)
            serve_return(r, action, out);
        else if (um_sval_member(action, UM_STR("share")) != NULL)
            um_sshare_serve(conf, files, action, r, out);
        else
            um_sserve_error(out, BAD_GATEWAY);
        fallback = um_sval_member(action, UM_STR("fallback"));
        if (out->status < BAD_REQUEST || fallback == NULL) {
            set_headers(r, action, out);
            return;
        }
        um_buf_clear(&out->body);
        out->length = 0;
        out->field_count = 0;
        where = um_sroute_follow(conf, fallback, r);
    }
    um_sserve_error(out, where.status);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Answers: always the same five header lines, a body of indented JSON, a CRLF,
 * the end. Failure mode: no memory, then there is no answer.
 */
#include <assert.h>

#include "mesh/standin/core.h"
#include "mesh/standin/print.h"
#include "mesh/standin/serve.h"

static const char *reason_of(int status)
{
    switch (status) {
        case 200:
            return "200 OK";
        case 400:
            return "400 Bad Request";
        case 404:
            return "404 Not Found";
        case 405:
            return "405 Method Not Allowed";
        default:
            return "500 Internal Server Error";
    }
}

/* Hands the connection over to whoever writes. */
static void finish(struct um_standin_conn *c)
{
    assert(um_slink_alone(&c->ready));
    um_buf_fini(&c->in);
    c->state = um_buf_failed(&c->out) ? UM_SCONN_CLOSED : UM_SCONN_ANSWER;
    um_slink_append(&c->s->ready, &c->ready);
    um_sconn_settle(c);
}

/* A big GET is cut off where the socket's buffer is full, if so wished. */
static void truncate_answer(struct um_standin_conn *c, size_t head_len)
{
    const struct um_standin_faults *f = &c->s->cfg.faults;
    uint64_t most =
        c->peer.is_unix ? f->truncate_unix_bytes : f->truncate_tcp_bytes;

    if (c->is_get && most > 0 && c->out.len - head_len > most)
        c->out.len = head_len + most;
}

static void reply(struct um_standin_conn *c, int status,
                  const struct um_sval *v, const struct um_standin_time *now)
{
    struct um_buf body = UM_BUF_INIT;
    size_t head_len;

    um_sjson_pretty(&body, v);
    um_buf_text(&body, "\r\n");
    um_buf_fmt(&c->out, "HTTP/1.1 %s\r\nServer: ", reason_of(status));
    um_buf_str(&c->out, um_standin_product(c->s));
    um_buf_text(&c->out, "\r\nDate: ");
    um_sserve_date(&c->out, now->unix_s);
    um_buf_text(&c->out,
                "\r\nContent-Type: application/json\r\n"
                "Content-Length: ");
    um_buf_u64(&c->out, body.len);
    um_buf_text(&c->out, "\r\nConnection: close\r\n\r\n");
    head_len = c->out.len;
    um_buf_str(&c->out, um_buf_view(&body));
    c->out.failed = c->out.failed || um_buf_failed(&body);
    um_buf_fini(&body);
    truncate_answer(c, head_len);
    finish(c);
}

void um_sreply_value(struct um_standin_conn *c, const struct um_sval *v,
                     const struct um_standin_time *now)
{
    reply(c, 200, v, now);
}

void um_sreply_success(struct um_standin_conn *c, const char *title,
                       const struct um_standin_time *now)
{
    struct um_smember m = {UM_STR("success"), um_sval_string(um_str(title))};
    struct um_sval v = {.type = UM_SVAL_OBJECT, .count = 1, .members = &m};

    reply(c, 200, &v, now);
}

static bool add_number(struct um_arena *a, struct um_sval *object, size_t *i,
                       const char *name, size_t n)
{
    struct um_sval v;

    if (!um_sval_integer(a, (int64_t)n, &v))
        return false;
    um_sval_set(object, (*i)++, um_str(name), v);
    return true;
}

static bool location_of(struct um_arena *a, const struct um_serror *e,
                        struct um_sval *out)
{
    size_t i = 0;
    size_t count =
        (e->has_offset ? (e->line > 0 ? 3 : 1) : 0) + (size_t)e->has_pointer;

    if (!um_sval_object(a, count, out))
        return false;
    if (e->has_offset && !add_number(a, out, &i, "offset", e->offset))
        return false;
    if (e->has_offset && e->line > 0 &&
        (!add_number(a, out, &i, "line", e->line) ||
         !add_number(a, out, &i, "column", e->column)))
        return false;
    if (e->has_pointer)
        um_sval_set(out, i++, UM_STR("path"), um_sval_string(e->pointer));
    assert(i == count);
    return true;
}

void um_sreply_error(struct um_standin_conn *c, const struct um_serror *e,
                     const struct um_standin_time *now)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_smember m[4];
    struct um_sval v = {.type = UM_SVAL_OBJECT, .members = m};

    assert(e->status >= 400);
    m[v.count++] =
        (struct um_smember){UM_STR("error"), um_sval_string(um_str(e->title))};
    if (e->detail.len > 0)
        m[v.count++] =
            (struct um_smember){UM_STR("detail"), um_sval_string(e->detail)};
    if (e->has_offset || e->has_pointer) {
        m[v.count].name = UM_STR("location");
        if (!location_of(&a, e, &m[v.count++].value)) {
            um_arena_fini(&a);
            um_sreply_nothing(c);
            return;
        }
    }
    if (e->suggestion.len > 0)
        m[v.count++] = (struct um_smember){UM_STR("suggestion"),
                                           um_sval_string(e->suggestion)};
    reply(c, e->status, &v, now);
    um_arena_fini(&a);
}

void um_sreply_title(struct um_standin_conn *c, int status, const char *title,
                     const struct um_standin_time *now)
{
    const struct um_serror e = {.status = status, .title = title};

    um_sreply_error(c, &e, now);
}

void um_sreply_nothing(struct um_standin_conn *c)
{
    assert(um_slink_alone(&c->ready));
    um_buf_fini(&c->in);
    um_buf_clear(&c->out);
    c->state = UM_SCONN_CLOSED;
    um_slink_append(&c->s->ready, &c->ready);
    um_sconn_settle(c);
}

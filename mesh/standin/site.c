/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A connection to a listener. The happy path: a head, its body skipped, the
 * answer, the next head, until somebody wants to end. Failure modes: a head
 * that is none (400), one that is too long (431), a body that is too long
 * (413) or of a length that nobody said (411); each ends the connection.
 */
#include "mesh/standin/site.h"

#include <assert.h>
#include <stdlib.h>

#include "mesh/standin/head.h"
#include "mesh/standin/serve.h"
#include "p2p/err.h"

enum {
    BAD_REQUEST = 400,
    NOT_FOUND = 404,
    NO_LENGTH = 411,
    BODY_TOO_LARGE = 413,
    HEAD_TOO_LARGE = 431,
};

struct um_ssite {
    struct um_ssite_cfg cfg;
    struct um_buf name; /* of the listener */
    struct um_buf in;
    struct um_buf out;
    uint64_t skip; /* bytes of a body that are still to come */
    bool answered; /* at least once: it counts as idle in between */
    bool counted_idle;
    bool end;
};

/* Idle connections are counted; one that has not spoken yet is none. */
static void count_idle(struct um_ssite *c, bool idle)
{
    struct um_standin_traffic *t = um_standin_traffic(c->cfg.s);

    if (idle == c->counted_idle)
        return;
    c->counted_idle = idle;
    if (idle)
        t->idle++;
    else if (t->idle > 0)
        t->idle--;
}

struct um_ssite *um_ssite_new(const struct um_ssite_cfg *cfg)
{
    struct um_ssite *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->cfg = *cfg;
    um_buf_str(&c->name, cfg->listener);
    if (um_buf_failed(&c->name)) {
        free(c);
        return NULL;
    }
    c->cfg.listener = um_buf_view(&c->name);
    um_standin_traffic(cfg->s)->accepted++;
    return c;
}

void um_ssite_free(struct um_ssite *c)
{
    if (c == NULL)
        return;
    count_idle(c, false);
    um_standin_traffic(c->cfg.s)->closed++;
    um_buf_fini(&c->name);
    um_buf_fini(&c->in);
    um_buf_fini(&c->out);
    free(c);
}

/* HTTP/1.1 goes on unless somebody says close, HTTP/1.0 the other way. */
static bool wants_more(const struct um_shead *head)
{
    struct um_str field = um_shead_field(head, UM_STR("Connection"));

    if (um_str_eq_nocase(field, UM_STR("close")))
        return false;
    return head->minor != '0' || um_str_eq_nocase(field, UM_STR("keep-alive"));
}

static void put_field(struct um_buf *out, struct um_str name, struct um_str v)
{
    if (name.len == 0)
        return;
    um_buf_str(out, name);
    um_buf_text(out, ": ");
    um_buf_str(out, v);
    um_buf_text(out, "\r\n");
}

/* head is NULL if there was none. */
static void put_response(struct um_ssite *c, const struct um_sresponse *res,
                         const struct um_shead *head,
                         const struct um_standin_time *now)
{
    bool head_only = head != NULL && um_str_eq(head->method, UM_STR("HEAD"));
    bool old = head != NULL && head->minor == '0';

    um_buf_text(&c->out, "HTTP/1.1 ");
    um_sserve_status(&c->out, res->status);
    um_buf_text(&c->out, "\r\n");
    for (size_t i = 0; i < res->field_count; i++)
        put_field(&c->out, res->field[i].name, res->field[i].value);
    put_field(&c->out, UM_STR("Server"), um_standin_product(c->cfg.s));
    um_buf_text(&c->out, "Date: ");
    um_sserve_date(&c->out, now->unix_s);
    um_buf_text(&c->out, "\r\nContent-Length: ");
    um_buf_u64(&c->out, res->length);
    um_buf_text(&c->out, "\r\n");
    if (c->end && !old)
        um_buf_text(&c->out, "Connection: close\r\n");
    if (!c->end && old)
        um_buf_text(&c->out, "Connection: keep-alive\r\n");
    um_buf_text(&c->out, "\r\n");
    if (!head_only)
        um_buf_str(&c->out, um_buf_view(&res->body));
    if (um_buf_failed(&c->out))
        c->end = true;
}

/* An error before there is a request that could be routed. */
static void refuse(struct um_ssite *c, int status,
                   const struct um_standin_time *now)
{
    struct um_sresponse res = {.status = status};

    c->end = true;
    um_sserve_error(&res, status);
    put_response(c, &res, NULL, now);
    um_buf_fini(&res.body);
}

static void answer(struct um_ssite *c, const struct um_shead *head,
                   const struct um_standin_time *now)
{
    const struct um_sval *conf = um_standin_conf(c->cfg.s);
    struct um_arena arena = UM_ARENA_INIT;
    struct um_srequest r = {
        .head = head,
        .path = head->path,
        .query = head->query,
        .local = &c->cfg.local,
        .remote = &c->cfg.remote,
        .now = now,
        .arena = &arena,
    };
    struct um_sresponse res = {.status = 0};
    struct um_sroute where;

    if (um_srequest_host(um_shead_field(head, UM_STR("Host")), &arena,
                         &r.host)) {
        where = um_sroute_find(conf, c->cfg.listener, &r);
        um_sserve_request(conf, &c->cfg.files, where, &r, &res);
    } else {
        um_sserve_error(&res, BAD_REQUEST);
    }
    put_response(c, &res, head, now);
    um_buf_fini(&res.body);
    um_arena_fini(&arena);
}

/* A head was read; the bytes behind it are its body or the next head. */
static void on_head(struct um_ssite *c, const struct um_shead *head,
                    const struct um_standin_time *now)
{
    um_standin_traffic(c->cfg.s)->requests++;
    if (head->body_length_bad) {
        refuse(c, BAD_REQUEST, now);
    } else if (um_shead_field(head, UM_STR("Transfer-Encoding")).p != NULL) {
        refuse(c, NO_LENGTH, now);
    } else if (head->body_length > UM__CAP_STANDIN_SITE_BODY_BYTES) {
        refuse(c, BODY_TOO_LARGE, now);
    } else {
        c->end = !wants_more(head);
        c->skip = head->body_length;
        answer(c, head, now);
    }
}

static void skip_body(struct um_ssite *c)
{
    size_t n = c->in.len;

    if (n > c->skip)
        n = (size_t)c->skip;
    um_buf_consume(&c->in, n);
    c->skip -= n;
}

void um_ssite_rx(struct um_ssite *c, struct um_str bytes)
{
    if (c->end)
        return;
    count_idle(c, false);
    um_buf_str(&c->in, bytes);
    skip_body(c);
    c->end = um_buf_failed(&c->in);
}

/* Answers the next request, if it is all there. */
static void answer_next(struct um_ssite *c, const struct um_standin_time *now)
{
    struct um_shead head;
    int rc = um_shead_read(um_buf_view(&c->in), false, &head);

    if (rc == P2P_EAGAIN && c->in.len < UM__CAP_STANDIN_SITE_HEAD_BYTES)
        return;
    if (rc != 0) {
        refuse(c, rc == P2P_EAGAIN ? HEAD_TOO_LARGE : BAD_REQUEST, now);
        return;
    }
    on_head(c, &head, now);
    um_buf_consume(&c->in, head.length);
    skip_body(c);
    c->answered = true;
}

struct um_str um_ssite_tx(struct um_ssite *c, const struct um_standin_time *now,
                          bool *end)
{
    if (!c->end && c->out.len == 0 && c->in.len > 0)
        answer_next(c, now);
    if (c->out.len == 0)
        count_idle(c, c->answered && c->in.len == 0 && c->skip == 0);
    *end = c->end;
    return um_buf_view(&c->out);
}

void um_ssite_sent(struct um_ssite *c, size_t n)
{
    um_buf_consume(&c->out, n);
}

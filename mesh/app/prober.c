/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See prober.h. An answer whose head came counts by its status, however long
 * its body is; one that ends early does not.
 */
#include "mesh/app/prober.h"

#include <stdlib.h>

#include "mesh/base/buf.h"

/* A GET under way. */
struct job {
    struct um_fetch_job *transfer;
    um_prober_done *done;
    void *arg;
};

static void on_done(void *user, const struct um_fetch_answer *a)
{
    struct job *j = user;
    bool answered =
        (a->status == UM_FETCH_OK || a->status == UM_FETCH_TOO_BIG) &&
        a->code > 0 && a->code < 1000;

    j->done(j->arg, answered ? (unsigned)a->code : 0,
            a->status == UM_FETCH_TIMEOUT ? "timeout" : a->text);
    free(j);
}

/* A text with its end, in `b`. */
static const char *end(struct um_buf *b)
{
    um_buf_byte(b, '\0');
    return um_buf_failed(b) ? NULL : b->p;
}

static void *start(void *user, const struct um_prober_ask *ask,
                   um_prober_done *done, void *arg)
{
    struct job *j = calloc(1, sizeof *j);
    struct um_buf url = UM_BUF_INIT, host = UM_BUF_INIT;
    struct um_fetch_req req = {.method = "GET",
                               .tls = ask->tls,
                               .max_answer = UM__CAP_PROBER_ANSWER_BYTES,
                               .timeout_ms = (long)ask->timeout_ms,
                               .connect_ms = (long)ask->timeout_ms};

    um_buf_text(&url, ask->tls ? "https://" : "http://");
    um_buf_text(&url, ask->authority);
    um_buf_str(&url, ask->path);
    um_buf_str(&host, ask->host);
    req.url = end(&url);
    req.host = end(&host);
    req.unix_path = ask->socket[0] != '\0' ? ask->socket : NULL;
    if (j != NULL && req.url != NULL && req.host != NULL) {
        *j = (struct job){.done = done, .arg = arg};
        req.host = ask->host.len > 0 ? req.host : NULL;
        j->transfer = um_fetch_start(user, &req, on_done, j);
    }
    um_buf_fini(&url);
    um_buf_fini(&host);
    if (j == NULL || j->transfer == NULL) {
        free(j);
        return NULL;
    }
    return j;
}

static void cancel(void *user, void *job)
{
    struct job *j = job;

    (void)user;
    um_fetch_cancel(j->transfer);
    free(j);
}

void um_prober_init(struct um_prober *p, struct um_fetch *fetch)
{
    *p = (struct um_prober){.user = fetch, .start = start, .cancel = cancel};
}

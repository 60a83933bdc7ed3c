/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See once.h. What is kept is the id of the revision and the body. The job goes
 * into the disk's row in the turn of the command, so both are in one batch. */
#include "mesh/app/once.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/manner.h"
#include "mesh/store/answers.h"
#include "p2p/hash.h"

/* An answer on its way to the disk. */
struct keeping {
    char key[UM_ONCE_KEY_BYTES];
    struct um_name request;
    uint64_t at_ms;
    size_t len;
    char bytes[];
};

/* Names the request; false: no memory. */
static bool name_it(struct um_once *o, const struct um_deed *deed,
                    struct um_str key, const struct um_name *request)
{
    struct um_buf text = UM_BUF_INIT;
    bool fine;

    o->key[0] = um_http_client(deed->wait.req)[0] == '\0' ? 's' : 't';
    p2p_sha256(key.p, key.len, (uint8_t *)o->key + 1);
    um_buf_add(&text, request->b, sizeof request->b);
    um_manner_text(deed->wait.req, &text);
    fine = !um_buf_failed(&text);
    if (fine) {
        p2p_sha256(text.p, text.len, o->request.b);
    }
    um_buf_fini(&text);
    o->keyed = fine;
    return fine;
}

/* What the disk has under the key. */
static int read_kept(const struct um_once *o, struct um_node *n,
                     struct um_answer *out, struct um_buf *bytes)
{
    struct um_disk *disk = um_node_disk(n);
    struct um_store *s = um_disk_lock(disk);
    int rv = um_answers_get(s, um_str_n(o->key, sizeof o->key),
                            um_mesh_wall_ms(), out);

    if (rv == 0) {
        um_buf_str(bytes, out->bytes);
    }
    um_disk_unlock(disk);
    return rv;
}

unsigned um_once_look(struct um_once *o, struct um_deed *deed,
                      struct um_str key, const struct um_name *request,
                      struct um_buf *body)
{
    struct um_http_req *req = deed->wait.req;
    struct um_answer a;
    int rv = P2P_ENOMEM;

    if (name_it(o, deed, key, request)) {
        rv = read_kept(o, um_wait_node(&deed->wait), &a, body);
    }
    if (rv == P2P_ENOTFOUND) {
        return 0;
    }
    if (rv == 0 && !um_name_eq(&a.request, &o->request)) {
        um_answer_error(req, 422, "The key was used for another request.",
                        "An Idempotency-Key is for one request, and for the "
                        "same one sent again.");
        return 422;
    }
    if (rv != 0 || body->len < UM_NAME_BYTES) {
        um_answer_error(req, 500, "What was answered before cannot be read.",
                        p2p_err_text(rv));
        return 500;
    }
    memcpy(deed->revision.b, body->p, UM_NAME_BYTES);
    um_buf_consume(body, UM_NAME_BYTES);
    return 200;
}

static int write_kept(void *arg, struct um_store *s)
{
    const struct keeping *k = arg;
    const struct um_answer a = {.key = um_str_n(k->key, sizeof k->key),
                                .request = k->request,
                                .at_ms = k->at_ms,
                                .status = 200,
                                .bytes = um_str_n(k->bytes, k->len)};

    return um_answers_put(s, &a);
}

static void on_kept(void *arg, int err)
{
    (void)err; /* sent again, it is a change again */
    free(arg);
}

void um_once_keep(const struct um_once *o, struct um_node *n,
                  const struct um_name *revision, struct um_str body)
{
    struct keeping *k =
        o->keyed ? calloc(1, sizeof *k + UM_NAME_BYTES + body.len) : NULL;
    const struct um_disk_job job = {
        .write = write_kept, .done = on_kept, .arg = k};

    if (k == NULL) {
        return;
    }
    memcpy(k->key, o->key, sizeof k->key);
    k->request = o->request;
    k->at_ms = um_mesh_wall_ms();
    k->len = UM_NAME_BYTES + body.len;
    memcpy(k->bytes, revision->b, UM_NAME_BYTES);
    memcpy(k->bytes + UM_NAME_BYTES, body.p, body.len);
    if (um_disk_write(um_node_disk(n), &job) != 0) {
        free(k);
    }
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit_rig.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/err.h"

static struct rig_file *find_file(struct rig *r, struct um_str name)
{
    for (size_t i = 0; i < RIG_FILES; i++) {
        struct rig_file *f = &r->file[i];

        if (f->there && um_str_eq(um_buf_view(&f->name), name))
            return f;
    }
    return NULL;
}

static int load(void *ctx, struct um_str name, struct um_buf *out)
{
    const struct rig_file *f = find_file(ctx, name);

    if (f == NULL)
        return P2P_ENOTFOUND;
    um_buf_str(out, um_buf_view(&f->bytes));
    return 0;
}

static int store(void *ctx, struct um_str name, struct um_str bytes)
{
    struct rig *r = ctx;
    struct rig_file *f = find_file(r, name);

    if (name.len > 255)
        return P2P_ETOOBIG;
    for (size_t i = 0; f == NULL && i < RIG_FILES; i++) {
        if (!r->file[i].there)
            f = &r->file[i];
    }
    if (f == NULL)
        return P2P_EIO;
    if (!f->there) {
        um_buf_clear(&f->name);
        um_buf_str(&f->name, name);
        f->there = true;
    }
    um_buf_clear(&f->bytes);
    um_buf_str(&f->bytes, bytes);
    return 0;
}

static int erase(void *ctx, struct um_str name)
{
    struct rig_file *f = find_file(ctx, name);

    if (f == NULL)
        return P2P_ENOTFOUND;
    f->there = false;
    return 0;
}

static int list(void *ctx, struct um_str folder,
                void (*each)(void *arg, struct um_str name), void *arg)
{
    struct rig *r = ctx;

    for (size_t i = 0; i < RIG_FILES; i++) {
        struct um_str name = um_buf_view(&r->file[i].name);

        if (r->file[i].there && um_str_starts(name, folder) &&
            name.len > folder.len && name.p[folder.len] == '/')
            each(arg, um_str_skip(name, folder.len + 1));
    }
    return 0;
}

static char *find_name(char names[RIG_NAMES][64], struct um_str name)
{
    for (size_t i = 0; i < RIG_NAMES; i++) {
        if (um_str_eq(um_str(names[i]), name))
            return names[i];
    }
    return NULL;
}

/* False where there is no room, as on a machine that is out of sockets. */
static bool add_name(char names[RIG_NAMES][64], struct um_str name)
{
    char *slot = find_name(names, UM_STR(""));

    if (slot == NULL || name.len >= 64)
        return false;
    memcpy(slot, name.p, name.len);
    slot[name.len] = '\0';
    return true;
}

static int bind_port(void *ctx, struct um_str name, const struct um_addr *addr)
{
    struct rig *r = ctx;

    (void)addr;
    r->binds++;
    if (find_name(r->taken, name) != NULL || find_name(r->open, name) != NULL)
        return P2P_EADDRINUSE;
    return add_name(r->open, name) ? 0 : P2P_ENOMEM;
}

static void unbind(void *ctx, struct um_str name, const struct um_addr *addr)
{
    struct rig *r = ctx;
    char *slot = find_name(r->open, name);

    (void)addr;
    assert(slot != NULL);
    slot[0] = '\0';
}

static int start(void *ctx, const struct um_standin_app *app)
{
    struct rig *r = ctx;

    (void)app;
    r->starts++;
    return 0;
}

static int open_log(void *ctx, struct um_str path)
{
    struct rig *r = ctx;

    r->logs++;
    return um_str_starts(path, UM_STR("/missing")) ? P2P_ENOTFOUND : 0;
}

void rig_init(struct rig *r)
{
    memset(r, 0, offsetof(struct rig, answer));
    r->answer[0] = '\0';
    r->now.mono_ns = 1000;
    r->now.unix_s = 1795392000; /* Mon, 23 Nov 2026 00:00:00 GMT */
    r->cfg.world = (struct um_standin_world){
        r, load, store, erase, list, bind_port, unbind, start, open_log};
}

void rig_start(struct rig *r)
{
    r->s = um_standin_new(&r->cfg, &r->now);
    assert(r->s != NULL);
}

void rig_fini(struct rig *r)
{
    um_standin_free(r->s);
    for (size_t i = 0; i < RIG_FILES; i++) {
        um_buf_fini(&r->file[i].name);
        um_buf_fini(&r->file[i].bytes);
    }
}

const char *rig_load(struct rig *r, const char *name)
{
    struct rig_file *f = find_file(r, um_str(name));

    if (f == NULL)
        return NULL;
    um_buf_byte(&f->bytes, '\0');
    f->bytes.len--;
    return f->bytes.p;
}

void rig_save(struct rig *r, const char *name, const char *text)
{
    int rc = store(r, um_str(name), um_str(text));

    assert(rc == 0);
    (void)rc;
}

void rig_take(struct rig *r, const char *address)
{
    bool added = add_name(r->taken, um_str(address));

    assert(added);
    (void)added;
}

bool rig_is_open(const struct rig *r, const char *name)
{
    for (size_t i = 0; i < RIG_NAMES; i++) {
        if (strcmp(r->open[i], name) == 0)
            return true;
    }
    return false;
}

struct um_standin_conn *rig_connect(struct rig *r)
{
    const struct um_standin_peer peer = {.is_unix = false};

    return um_standin_accept(r->s, &peer, &r->now);
}

void rig_send(struct rig *r, struct um_standin_conn *c, const char *bytes,
              size_t n, enum chunk_plan plan)
{
    struct chunker ch;

    chunker_init(&ch, plan, n);
    while (n > 0 && um_standin_room(c) > 0) {
        size_t piece = chunker_next(&ch, n);
        size_t room = um_standin_room(c);

        if (piece > room)
            piece = room;
        um_standin_rx(c, um_str_n(bytes, piece), &r->now);
        bytes += piece;
        n -= piece;
    }
}

bool rig_take_answer(struct rig *r, const struct um_standin_conn *want)
{
    struct um_standin_conn *c = um_standin_next(r->s);
    struct um_str bytes;

    r->answer_len = 0;
    r->answer[0] = '\0';
    r->closed = c != NULL;
    if (c == NULL)
        return false;
    assert(c == want);
    (void)want;
    bytes = um_standin_tx(c);
    assert(bytes.len < sizeof(r->answer));
    if (bytes.len > 0)
        memcpy(r->answer, bytes.p, bytes.len);
    r->answer_len = bytes.len;
    r->answer[bytes.len] = '\0';
    um_standin_hangup(c);
    return true;
}

const char *rig_raw(struct rig *r, const char *request)
{
    struct um_standin_conn *c = rig_connect(r);

    assert(c != NULL);
    rig_send(r, c, request, strlen(request), CHUNK_ALL);
    if (!rig_take_answer(r, c))
        um_standin_hangup(c);
    return r->answer;
}

const char *rig_ask(struct rig *r, const char *method, const char *path,
                    const char *body)
{
    struct um_buf b = UM_BUF_INIT;
    const char *answer;

    um_buf_fmt(&b, "%s %s HTTP/1.1\r\nHost: x\r\n", method, path);
    if (body != NULL)
        um_buf_fmt(&b, "Content-Length: %zu\r\n", strlen(body));
    um_buf_text(&b, "\r\n");
    um_buf_text(&b, body != NULL ? body : "");
    um_buf_byte(&b, '\0');
    answer = rig_raw(r, b.p);
    um_buf_fini(&b);
    return answer;
}

int rig_status(struct rig *r, const char *method, const char *path,
               const char *body)
{
    const char *answer = rig_ask(r, method, path, body);

    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}

const char *rig_body(struct rig *r, const char *method, const char *path,
                     const char *body)
{
    const char *at = strstr(rig_ask(r, method, path, body), "\r\n\r\n");

    return at != NULL ? at + 4 : "";
}

void rig_wait_ms(struct rig *r, uint64_t ms)
{
    r->now.mono_ns += ms * 1000000;
    r->now.unix_s += (int64_t)(ms / 1000);
    um_standin_expire(r->s, &r->now);
}

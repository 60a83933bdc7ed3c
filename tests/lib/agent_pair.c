/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See agent_pair.h. */
#include "agent_pair.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/err.h"

/* ---- files */

struct um_buf *pair_file(struct agent_pair *p, const char *name)
{
    for (size_t i = 0; i < PAIR_FILES; i++) {
        if (p->names[i] != NULL && strcmp(p->names[i], name) == 0)
            return &p->files[i];
    }
    return NULL;
}

static int load(void *user, const char *name, struct um_buf *out)
{
    struct um_buf *f = pair_file(user, name);

    if (f == NULL)
        return P2P_ENOTFOUND;
    um_buf_str(out, um_buf_view(f));
    return um_buf_failed(out) ? P2P_ENOMEM : 0;
}

static int save(void *user, const char *name, struct um_str bytes)
{
    struct agent_pair *p = user;
    size_t i = 0;

    if (p->save_fails != 0)
        return p->save_fails;
    while (p->names[i] != NULL && strcmp(p->names[i], name) != 0)
        i++;
    assert(i < PAIR_FILES);
    p->names[i] = name;
    um_buf_clear(&p->files[i]);
    um_buf_str(&p->files[i], bytes);
    p->saves++;
    return um_buf_failed(&p->files[i]) ? P2P_ENOMEM : 0;
}

static int drop(void *user, const char *name)
{
    struct agent_pair *p = user;
    struct um_buf *f = pair_file(p, name);

    if (f != NULL) {
        um_buf_fini(f);
        p->names[f - p->files] = "";
    }
    return 0;
}

/* ---- the socket */

/* Gives one end what is on its way to it, and takes that out first. */
static void pass(struct um_buf *from, void *end,
                 int (*recv)(void *end, struct um_str bytes))
{
    struct um_buf bytes = *from;

    *from = (struct um_buf)UM_BUF_INIT;
    if (bytes.len > 0) {
        int rv = recv(end, um_buf_view(&bytes));

        assert(rv == 0 || rv == P2P_ENOMEM);
        (void)rv;
    }
    um_buf_fini(&bytes);
}

static int recv_agent(void *end, struct um_str bytes)
{
    return um_agent_recv(end, bytes);
}

static int recv_hands(void *end, struct um_str bytes)
{
    return um_hands_recv(end, bytes);
}

static void on_alarm(void *arg)
{
    struct agent_pair *p = arg;

    p->alarm = NULL;
    pass(&p->to_agent, p->agent, recv_agent);
    pass(&p->to_hands, p->hands, recv_hands);
}

static void put(struct agent_pair *p, struct um_buf *to, struct um_str bytes)
{
    const struct um_alarms *a = p->cfg.alarms;

    um_buf_str(to, bytes);
    if (p->alarm == NULL)
        p->alarm = a->set(a->user, 0, on_alarm, p);
}

static void to_agent(void *user, struct um_str bytes)
{
    struct agent_pair *p = user;

    put(p, &p->to_agent, bytes);
}

static void to_hands(void *user, struct um_str bytes)
{
    struct agent_pair *p = user;

    put(p, &p->to_hands, bytes);
}

void pair_open(struct agent_pair *p)
{
    const struct um_hands_cfg hands = {p->cfg.log, to_agent, p, p->cfg.alarms};
    struct um_agent_cfg cfg = p->cfg;

    assert(p->agent == NULL && p->hands == NULL);
    cfg.files = (struct um_agent_files){p, load, save, drop};
    cfg.send = to_hands;
    cfg.user = p;
    p->agent = um_agent_new(&cfg);
    p->hands = um_hands_new(&hands);
    assert(p->agent != NULL && p->hands != NULL);
}

void pair_close(struct agent_pair *p)
{
    const struct um_alarms *a = p->cfg.alarms;

    if (p->agent == NULL)
        return;
    a->clear(a->user, p->alarm);
    p->alarm = NULL;
    um_hands_free(p->hands);
    um_agent_free(p->agent);
    p->hands = NULL;
    p->agent = NULL;
    um_buf_fini(&p->to_agent);
    um_buf_fini(&p->to_hands);
}

void pair_fini(struct agent_pair *p)
{
    pair_close(p);
    for (size_t i = 0; i < PAIR_FILES; i++)
        um_buf_fini(&p->files[i]);
    *p = (struct agent_pair){.agent = NULL};
}

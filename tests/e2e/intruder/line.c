/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See line.h. It always reads, so that the applier can always write. */
#include "line.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

void line_say(struct line *l, const struct um_wire_msg *m)
{
    um_wire_write(&l->out[0], m);
}

void line_ask(struct line *l, enum um_keywire_what what, unsigned key,
              struct um_str bytes)
{
    const struct um_keywire_ask a = {what, key, bytes};

    um_keywire_put_ask(&l->out[1], &a);
}

static void write_out(struct line *l, int i)
{
    while (l->out[i].len > 0) {
        ssize_t n = send(l->fd[i], l->out[i].p, l->out[i].len,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n < 0) {
            l->closed = true;
            return;
        }
        um_buf_consume(&l->out[i], (size_t)n);
    }
}

/* What came whole. */
static void take(struct line *l, int i)
{
    struct um_str frame;

    while (um_wire_in_next(&l->in[i], &frame) == 1) {
        struct um_wire_msg m;
        struct um_keywire_say s;

        if (i == 0 && um_wire_read(frame, &m) == 0) {
            l->heard(l->user, &m);
        } else if (i == 1 && um_keywire_say_read(frame, &s) == 0) {
            l->answered(l->user, &s);
        }
    }
}

static void read_in(struct line *l, int i)
{
    static char bytes[1 << 16];
    ssize_t n;

    while ((n = recv(l->fd[i], bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        (void)um_wire_in_add(&l->in[i], um_str_n(bytes, (size_t)n));
        take(l, i);
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        l->closed = true;
    }
}

void line_turn(struct line *l, int wait_ms)
{
    struct pollfd p[2];
    int n;

    for (int i = 0; i < 2; i++) {
        write_out(l, i);
        p[i] = (struct pollfd){
            .fd = l->fd[i],
            .events = (short)(POLLIN | (l->out[i].len > 0 ? POLLOUT : 0))};
    }
    n = l->closed ? 0 : poll(p, 2, wait_ms);
    if (n == 0 && wait_ms >= LINE_PATIENCE_MS && !l->closed) {
        (void)fprintf(stderr, "the applier is silent: %zu and %zu to say\n",
                      l->out[0].len, l->out[1].len);
        l->closed = true;
    }
    if (n > 0) {
        for (int i = 0; i < 2; i++) {
            if ((p[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
                read_in(l, i);
            }
        }
    }
}

bool line_drain(struct line *l, size_t left)
{
    while (!l->closed && l->out[0].len + l->out[1].len > left) {
        line_turn(l, LINE_PATIENCE_MS);
    }
    return !l->closed;
}

void line_fini(struct line *l)
{
    for (int i = 0; i < 2; i++) {
        (void)close(l->fd[i]);
        um_buf_fini(&l->out[i]);
        um_wire_in_fini(&l->in[i]);
    }
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See line.h. There are few connections: a list is looked through. */
#include "mesh/rest/line.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define SECOND_MS 1000U

static uint64_t now_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * SECOND_MS + (uint64_t)ts.tv_nsec / 1000000;
}

struct um_line *um_line_new(struct um_line **list, struct MHD_Connection *conn)
{
    struct um_line *l = calloc(1, sizeof *l);

    if (l != NULL) {
        l->conn = conn;
        l->next = *list;
        *list = l;
    }
    return l;
}

void um_line_free(struct um_line **list, struct um_line *l)
{
    while (*list != l) {
        list = &(*list)->next;
    }
    *list = l->next;
    free(l->path);
    free(l);
}

struct um_line *um_line_of(struct MHD_Connection *conn)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

void um_line_expect(struct um_line *l, unsigned silent_s, unsigned within_s)
{
    l->until_ms = within_s > 0 ? now_ms() + within_s * SECOND_MS : 0;
    (void)MHD_set_connection_option(l->conn, MHD_CONNECTION_OPTION_TIMEOUT,
                                    silent_s);
}

void um_line_end_late(struct um_line *list)
{
    uint64_t now = now_ms();

    for (struct um_line *l = list; l != NULL; l = l->next) {
        const union MHD_ConnectionInfo *info =
            l->until_ms != 0 && now >= l->until_ms
                ? MHD_get_connection_info(l->conn,
                                          MHD_CONNECTION_INFO_CONNECTION_FD)
                : NULL;

        if (info != NULL) {
            l->until_ms = 0;
            (void)shutdown(info->connect_fd, SHUT_RDWR);
        }
    }
}

int um_line_late_ms(const struct um_line *list)
{
    uint64_t now = now_ms(), first = UINT64_MAX;

    for (const struct um_line *l = list; l != NULL; l = l->next) {
        if (l->until_ms != 0 && l->until_ms < first) {
            first = l->until_ms;
        }
    }
    return first == UINT64_MAX ? -1 : first <= now ? 0 : (int)(first - now);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See notify.h. */
#include "mesh/app/notify.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesh/base/str.h"

/* Microseconds as milliseconds; 0: it is no number, or means somebody else. */
static uint64_t read_watchdog(const char *usec, const char *pid)
{
    int64_t n = usec != NULL ? um_str_decimal(um_str(usec)) : 0;

    if (pid != NULL && um_str_decimal(um_str(pid)) != getpid()) {
        return 0;
    }
    return n >= 1000 ? (uint64_t)n / 1000 : 0;
}

void um_notify_open(struct um_notify *n, const struct um_log *log)
{
    const char *at = getenv("NOTIFY_SOCKET");

    *n = (struct um_notify){.to = {.fd = -1}};
    if (at != NULL && at[0] != '\0') {
        if (!um_dgram_open(&n->to, at)) {
            um_log_line(log, UM_LOG_WARN,
                        "NOTIFY_SOCKET=%s cannot be used: who started this "
                        "does not hear when it is ready",
                        at);
        } else {
            n->watchdog_ms =
                read_watchdog(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
        }
    }
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
}

bool um_notify_say(struct um_notify *n, const char *lines)
{
    return n->to.fd < 0 || um_dgram_send(&n->to, lines, strlen(lines));
}

void um_notify_close(struct um_notify *n)
{
    um_dgram_close(&n->to);
}

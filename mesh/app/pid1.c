/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See pid1.h. There is nothing yet that would have to be finished. */
#include "mesh/app/pid1.h"

#include <signal.h>
#include <unistd.h>

static void on_signal(int number)
{
    (void)number;
    _exit(0);
}

void um_pid1_signals(void)
{
    (void)signal(SIGTERM, on_signal);
    (void)signal(SIGINT, on_signal);
}

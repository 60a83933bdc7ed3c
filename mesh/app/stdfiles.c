/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See stdfiles.h. A new descriptor is the lowest that is free. */
#include "mesh/app/stdfiles.h"

#include <fcntl.h>
#include <unistd.h>

int um_stdfiles_fill(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
            return -1;
        }
    }
    return 0;
}

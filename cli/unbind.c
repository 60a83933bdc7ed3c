/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See unbind.h. What is no applier's folder of this user is left alone. */
#include "cli/unbind.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "unbind"

int um_cli_unbind_begin(const char *state)
{
    char path[600];
    struct stat st;
    int dir = -1, fd;

    if (snprintf(path, sizeof path, "%s/applier", state) < (int)sizeof path) {
        dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (dir < 0) {
        return -1;
    }
    if (fstat(dir, &st) == 0 && st.st_uid == geteuid() &&
        (st.st_mode & 077) == 0) {
        fd = openat(dir, FILE_NAME,
                    O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                    0600);
        if (fd >= 0) {
            (void)close(fd);
            return dir;
        }
    }
    (void)close(dir);
    return -1;
}

void um_cli_unbind_end(int dir)
{
    if (dir >= 0) {
        (void)unlinkat(dir, FILE_NAME, 0);
        (void)close(dir);
    }
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A program of a stranger: installed headers and pkg-config, nothing else. */
#include <p2p/err.h>
#include <p2p/loop.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    struct p2p_loop *loop;
    int rv = p2p_loop_new(&loop);

    if (rv != 0) {
        (void)fprintf(stderr, "p2p_loop_new: %s\n", p2p_err_text(rv));
        return 1;
    }
    p2p_loop_free(loop);
    return strcmp(p2p_err_name(P2P_EAGAIN), "P2P_EAGAIN") != 0;
}

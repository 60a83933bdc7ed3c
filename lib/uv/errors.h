/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* libuv's error numbers in our codes. */
#ifndef P2P_UV_ERRORS_H
#define P2P_UV_ERRORS_H

/* The code for a negative status of libuv; 0 for a status >= 0. */
int p2p__uv_err(int status);

#endif

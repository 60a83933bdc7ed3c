/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The event loop that a host runs on: one loop, one thread. A program lets the
 * library run its own, lends it a libuv loop, or drives it from a loop of
 * another kind: wait until p2p_loop_fd() is readable or p2p_loop_timeout_ms()
 * has passed, then call p2p_loop_drive(). Everything but p2p_loop_post() is to
 * be called on the loop's thread.
 *
 * Making a loop lets the process ignore SIGPIPE, unless it handles that
 * already: a peer that resets a connection must not end the program.
 */
#ifndef P2P_LOOP_H
#define P2P_LOOP_H

#include <stdint.h>

#include "p2p/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct p2p_loop;
struct p2p_timer;
struct uv_loop_s;

/**
 * A loop of the library's own. A peer that closes while we write raises
 * SIGPIPE: this and p2p_loop_adopt() ignore it, unless it has a handler.
 * @param out returns owned: p2p_loop_free() it
 * @return 0, P2P_ENOMEM, P2P_EIO
 */
P2P_API int p2p_loop_new(struct p2p_loop **out);

/**
 * A loop on top of a libuv loop that the caller runs.
 * @param uv  borrows the loop until p2p_loop_free()
 * @param out returns owned: p2p_loop_free() it
 * @return 0, P2P_ENOMEM, P2P_EIO
 */
P2P_API int p2p_loop_adopt(struct uv_loop_s *uv, struct p2p_loop **out);

/**
 * Frees a loop whose hosts are freed. It runs the loop until the handles of
 * the library are closed, which needs no event of the network.
 * @param loop takes the loop; NULL is fine
 */
P2P_API void p2p_loop_free(struct p2p_loop *loop);

/**
 * Runs until p2p_loop_stop().
 * @param loop borrows the loop
 */
P2P_API void p2p_loop_run(struct p2p_loop *loop);

/**
 * Makes p2p_loop_run() return soon. To be called on the loop's thread, or
 * through p2p_loop_post().
 * @param loop borrows the loop
 */
P2P_API void p2p_loop_stop(struct p2p_loop *loop);

/**
 * Calls fn(arg) on the loop's thread, soon, in the order of the posts. The one
 * function that any thread may call.
 * @param loop borrows the loop
 * @param fn   what to call
 * @param arg  borrows until fn was called
 * @return 0, P2P_ENOMEM
 */
P2P_API int p2p_loop_post(struct p2p_loop *loop, void (*fn)(void *), void *arg);

/**
 * A descriptor that is readable when p2p_loop_drive() has something to do.
 * @param loop borrows the loop
 * @return a descriptor that stays the loop's
 */
P2P_API int p2p_loop_fd(struct p2p_loop *loop);

/**
 * How long another loop may wait before it calls p2p_loop_drive().
 * @param loop borrows the loop
 * @return milliseconds, or -1: until the descriptor is readable
 */
P2P_API int p2p_loop_timeout_ms(struct p2p_loop *loop);

/**
 * Does what is due now, without waiting.
 * @param loop borrows the loop
 */
P2P_API void p2p_loop_drive(struct p2p_loop *loop);

/**
 * The libuv loop underneath, for an application that wants handles of its own
 * on it.
 * @param loop borrows the loop
 * @return a loop that is valid as long as `loop`
 */
P2P_API struct uv_loop_s *p2p_loop_uv(struct p2p_loop *loop);

/**
 * The loop's monotonic clock.
 * @param loop borrows the loop
 * @return nanoseconds since some moment in the past
 */
P2P_API uint64_t p2p_loop_now_ns(const struct p2p_loop *loop);

/**
 * A timer that calls fn(user) once after `after_ms`, then every `every_ms`
 * unless that is 0.
 * @param loop     borrows the loop
 * @param after_ms milliseconds until the first call
 * @param every_ms milliseconds between calls; 0: once
 * @param fn       what to call
 * @param user     borrows until the timer is freed
 * @param out      returns owned: p2p_timer_free() it, also after it fired
 * @return 0, P2P_ENOMEM
 */
P2P_API int p2p_timer_new(struct p2p_loop *loop, uint64_t after_ms,
                          uint64_t every_ms, void (*fn)(void *user), void *user,
                          struct p2p_timer **out);

/**
 * Stops and frees a timer; allowed inside its own call.
 * @param timer takes the timer; NULL is fine
 */
P2P_API void p2p_timer_free(struct p2p_timer *timer);

#ifdef __cplusplus
}
#endif

#endif

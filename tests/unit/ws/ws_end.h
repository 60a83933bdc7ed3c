/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An end of a WebSocket in memory: what it says, what it hears. */
#ifndef TESTS_UNIT_WS_END_H
#define TESTS_UNIT_WS_END_H

#include "chan/ws/ws.h"
#include "chunker.h"
#include "test_env.h"

#define WS_END_ROOM 131072U

struct ws_end {
    void *chan;
    struct p2p__quota quota;
    struct test_env env;
    struct p2p__src src;
    const uint8_t *app; /* what above has to say */
    size_t app_len;
    uint8_t wire[WS_END_ROOM];
    size_t wire_len;
    uint8_t up[WS_END_ROOM];
    size_t up_len;
};

/* A client or server at moment 0. */
struct ws_end *ws_end_new(bool dialer);

/* Ends it; its quota must be empty then. */
void ws_end_free(struct ws_end *e);

/* Draws all it has to say, `step` bytes of room at a time (0: all). */
int ws_end_draw(struct ws_end *e, size_t step);

/* Gives it bytes, each piece in memory of its own size. Returns rx's word. */
int ws_end_feed(struct ws_end *e, const void *p, size_t len, struct chunker *c);

/* Carries what `from` drew to `to`. */
int ws_end_carry(struct ws_end *from, struct ws_end *to, struct chunker *c);

/* A server whose opening is over, and what it said forgotten. */
struct ws_end *ws_end_server(void);

/* A pair whose opening is over. */
void ws_end_pair(struct ws_end **client, struct ws_end **server,
                 struct chunker *c);

#endif

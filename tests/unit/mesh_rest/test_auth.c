/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who may ask what: each kind of route, each kind of caller. */
#include "mesh/rest/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { NOW = 1000 };

#define OWN "http://127.0.0.1:4902"

struct scene {
    struct um_auth auth;
    char cookies[3][200]; /* of a reader, an admin, and nobody */
    char csrf[2][UM_SESSION_CHARS + 1];
};

static void fill(char *out, char letter)
{
    memset(out, letter, UM_TOKEN_CHARS);
    out[UM_TOKEN_CHARS] = '\0';
}

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    unsigned char random[UM_SESSION_BYTES];

    assert_non_null(s);
    fill(s->auth.token, 'a');
    fill(s->auth.reader, 'b');
    fill(s->auth.scraper, 'c');
    (void)snprintf(s->auth.cookie, sizeof s->auth.cookie, "unitmesh-4902");
    for (int i = 0; i < 2; i++) {
        const struct um_session *one;

        memset(random, 1 + i, sizeof random);
        random[sizeof random - 1] = 9; /* the two secrets of it differ */
        one = um_sessions_begin(&s->auth.sessions,
                                i == 0 ? UM_RIGHT_READ : UM_RIGHT_ALL, random,
                                NOW);
        (void)snprintf(s->cookies[i], sizeof s->cookies[i],
                       "theme=dark; unitmesh-4902=%s; x=y", one->id);
        memcpy(s->csrf[i], one->csrf, sizeof s->csrf[i]);
    }
    (void)snprintf(s->cookies[2], sizeof s->cookies[2],
                   "unitmesh-4902=%s; unitmesh-49020=%s", s->auth.token,
                   s->csrf[1]);
    return s;
}

/* A request that is fine but for who asks. */
static struct um_ask ask(const char *method)
{
    return (struct um_ask){.method = method,
                           .host = "127.0.0.1:4902",
                           .client = "127.0.0.1",
                           .ours = true};
}

static unsigned check(struct scene *s, struct um_ask a, enum um_access access)
{
    return um_auth_check(&s->auth, &a, access, NOW).status;
}

enum who {
    NOBODY,
    WRONG,
    SCRAPER,
    READER,
    TOKEN,
    READS,
    ADMIN,
    LOCAL,
    CALLERS
};

/* The request as somebody would send it, all of it right. */
static struct um_ask from(struct scene *s, enum who who, const char *method)
{
    static char bearer[CALLERS][100];
    static const char letters[CALLERS] = {0, 'd', 'c', 'b', 'a', 0, 0, 0};
    struct um_ask a = ask(method);
    char token[UM_TOKEN_CHARS + 1];

    if (letters[who] != 0) {
        fill(token, letters[who]);
        (void)snprintf(bearer[who], sizeof bearer[who], "Bearer %s", token);
        a.authorization = bearer[who];
    } else if (who == READS || who == ADMIN) {
        a.cookie = s->cookies[who == ADMIN];
        a.csrf = s->csrf[who == ADMIN];
        a.origin = strcmp(method, "GET") == 0 ? NULL : OWN;
        a.site = "same-origin";
        a.type = "application/json; charset=utf-8";
        a.body = strcmp(method, "GET") != 0;
    }
    s->auth.local = who == LOCAL;
    return a;
}

static void test_every_right_at_every_route(void **state)
{
    static const struct {
        enum um_access access;
        const char *method;
        unsigned status[CALLERS];
    } all[] = {
        {UM_ACCESS_OPEN, "GET", {0, 0, 0, 0, 0, 0, 0, 0}},
        {UM_ACCESS_OPEN, "POST", {0, 0, 0, 0, 0, 0, 0, 0}},
        {UM_ACCESS_PAGE, "GET", {0, 0, 0, 0, 0, 0, 0, 0}},
        {UM_ACCESS_SCRAPER, "GET", {401, 401, 0, 0, 0, 0, 0, 0}},
        {UM_ACCESS_READ, "GET", {401, 401, 401, 0, 0, 0, 0, 0}},
        {UM_ACCESS_ADMIN, "GET", {401, 401, 401, 403, 0, 403, 0, 0}},
        {UM_ACCESS_ADMIN, "POST", {401, 401, 401, 403, 0, 403, 0, 0}},
        {UM_ACCESS_VALUE, "GET", {401, 401, 401, 0, 0, 0, 0, 0}},
        {UM_ACCESS_VALUE, "PUT", {401, 401, 401, 403, 0, 403, 0, 0}},
        {UM_ACCESS_VALUE, "DELETE", {401, 401, 401, 403, 0, 403, 0, 0}},
        {UM_ACCESS_ACT, "GET", {401, 401, 401, 403, 0, 403, 403, 0}},
        {UM_ACCESS_SESSION, "GET", {401, 401, 401, 401, 401, 0, 0, 401}},
        {UM_ACCESS_SESSION, "DELETE", {401, 401, 401, 401, 401, 0, 0, 401}},
        {UM_ACCESS_SOCKET, "POST", {401, 401, 401, 403, 403, 403, 403, 0}},
    };
    struct scene *s = scene_new();

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        for (enum who who = 0; who < CALLERS; who++) {
            unsigned got = check(s, from(s, who, all[i].method), all[i].access);

            if (got != all[i].status[who]) {
                fail_msg("row %zu, caller %d: %u", i, who, got);
            }
        }
    }
    free(s);
}

/* A GET that does something is a change: it needs all that one needs. */
static void test_a_get_that_acts(void **state)
{
    struct scene *s = scene_new();
    struct um_ask a = from(s, ADMIN, "GET");

    (void)state;
    a.origin = OWN;
    assert_int_equal(check(s, a, UM_ACCESS_ACT), 0);
    a.csrf = NULL;
    assert_int_equal(check(s, a, UM_ACCESS_ACT), 403);
    free(s);
}

static void test_a_session_changes_only_from_the_page(void **state)
{
    struct scene *s = scene_new();
    struct um_ask right = from(s, ADMIN, "PUT");
    struct {
        struct um_ask ask;
        unsigned status;
        enum um_refusal why;
    } all[] = {{right, 403, UM_REFUSAL_CSRF},   {right, 403, UM_REFUSAL_CSRF},
               {right, 403, UM_REFUSAL_ORIGIN}, {right, 403, UM_REFUSAL_ORIGIN},
               {right, 403, UM_REFUSAL_ORIGIN}, {right, 403, UM_REFUSAL_ORIGIN},
               {right, 415, UM_REFUSAL_TYPE},   {right, 415, UM_REFUSAL_TYPE},
               {right, 415, UM_REFUSAL_TYPE},   {right, 415, UM_REFUSAL_TYPE},
               {right, 403, UM_REFUSAL_ORIGIN}, {right, 401, UM_REFUSAL_TOKEN}};
    size_t n = sizeof all / sizeof all[0];

    (void)state;
    assert_int_equal(check(s, right, UM_ACCESS_VALUE), 0);
    all[0].ask.csrf = NULL;
    all[1].ask.csrf = s->csrf[0]; /* of another session */
    all[2].ask.origin = NULL;
    all[3].ask.origin = "http://127.0.0.1:8080";
    all[4].ask.origin = "null";
    all[5].ask.site = "same-site"; /* another port of this address */
    all[6].ask.type = NULL;
    all[7].ask.type = "text/plain;charset=UTF-8";
    all[8].ask.type = "application/x-www-form-urlencoded";
    all[9].ask.type = "Multipart/Form-Data; boundary=x";
    all[10].ask.site = "none"; /* nobody types a change */
    all[11].ask.cookie = s->cookies[2];
    for (size_t i = 0; i < n; i++) {
        uint64_t before = s->auth.refused[all[i].why];
        unsigned got = check(s, all[i].ask, UM_ACCESS_VALUE);

        if (got != all[i].status || s->auth.refused[all[i].why] != before + 1) {
            fail_msg("case %zu: %u", i, got);
        }
    }
    free(s);
}

static void test_a_session_reads_for_the_page_alone(void **state)
{
    struct scene *s = scene_new();
    struct um_ask a = from(s, ADMIN, "GET");

    (void)state;
    a.csrf = NULL;
    assert_int_equal(check(s, a, UM_ACCESS_READ), 0);
    a.site = "none"; /* typed */
    assert_int_equal(check(s, a, UM_ACCESS_READ), 0);
    a.site = NULL; /* an old browser */
    assert_int_equal(check(s, a, UM_ACCESS_READ), 0);
    a.site = "same-site";
    assert_int_equal(check(s, a, UM_ACCESS_READ), 403);
    a.site = "cross-site";
    assert_int_equal(check(s, a, UM_ACCESS_READ), 403);
    a.site = NULL;
    a.origin = "http://evil.example";
    assert_int_equal(check(s, a, UM_ACCESS_READ), 403);
    a.origin = NULL;
    a.ours = false;
    assert_int_equal(check(s, a, UM_ACCESS_READ), 403);
    free(s);
}

/* A link of another page leads to the page, and to nothing else. */
static void test_a_link_to_the_page(void **state)
{
    struct scene *s = scene_new();
    struct um_ask a = ask("GET");

    (void)state;
    a.site = "cross-site";
    a.mode = "navigate";
    assert_int_equal(check(s, a, UM_ACCESS_PAGE), 0);
    assert_int_equal(check(s, a, UM_ACCESS_OPEN), 403);
    a.mode = "no-cors";
    assert_int_equal(check(s, a, UM_ACCESS_PAGE), 403);
    free(s);
}

static void test_cookies(void **state)
{
    struct scene *s = scene_new();
    struct um_ask a = from(s, ADMIN, "GET");
    char text[400];

    (void)state;
    /* One of that name that another port has set does not hide ours. */
    (void)snprintf(text, sizeof text, "unitmesh-4902=%s; %s", s->csrf[1],
                   s->cookies[1]);
    a.cookie = text;
    assert_int_equal(check(s, a, UM_ACCESS_READ), 0);
    /* Nor is that of another daemon's port ours. */
    a.cookie = strstr(s->cookies[1], "unitmesh");
    (void)snprintf(s->auth.cookie, sizeof s->auth.cookie, "unitmesh-4903");
    assert_int_equal(check(s, a, UM_ACCESS_READ), 401);
    s->auth.cookie[0] = '\0'; /* --no-ui */
    assert_int_equal(check(s, a, UM_ACCESS_READ), 401);
    a.cookie = "unitmesh-4902=;=;;unitmesh-4902";
    assert_int_equal(check(s, a, UM_ACCESS_READ), 401);
    free(s);
}

static void test_guesses_are_few(void **state)
{
    struct scene *s = scene_new();
    struct um_auth_verdict v;
    struct um_ask a;

    (void)state;
    a = ask("GET");
    for (unsigned i = 0; i < 20; i++) { /* who shows nothing guesses nothing */
        assert_int_equal(check(s, a, UM_ACCESS_READ), 401);
    }
    for (unsigned i = 0; i < UM__CAP_TRIES; i++) {
        a = from(s, WRONG, "GET");
        v = um_auth_check(&s->auth, &a, UM_ACCESS_READ, NOW);
        assert_int_equal(v.status, 401);
        assert_int_equal(v.alarm, i + 1 == UM__CAP_TRIES); /* once */
    }
    a = from(s, WRONG, "GET");
    v = um_auth_check(&s->auth, &a, UM_ACCESS_READ, NOW);
    assert_int_equal(v.status, 429);
    assert_int_equal(v.wait_ms, UM_TRIES_MS);
    assert_int_equal(s->auth.refused[UM_REFUSAL_TRIES], 1);
    a.client = "127.0.0.2"; /* who is elsewhere has guessed nothing yet */
    assert_int_equal(check(s, a, UM_ACCESS_READ), 401);
    a.client = "127.0.0.1";
    v = um_auth_login(&s->auth, &a, NULL, "0", NOW);
    assert_int_equal(v.status, 429);
    /* What is right is taken: nobody can lock the others out. */
    assert_int_equal(check(s, from(s, TOKEN, "PUT"), UM_ACCESS_VALUE), 0);
    assert_int_equal(check(s, from(s, ADMIN, "PUT"), UM_ACCESS_VALUE), 0);
    assert_int_equal(check(s, from(s, LOCAL, "PUT"), UM_ACCESS_VALUE), 0);
    s->auth.local = false;
    v = um_auth_check(&s->auth, &a, UM_ACCESS_READ, NOW + UM_TRIES_MS);
    assert_int_equal(v.status, 401);
    free(s);
}

static void test_logins(void **state)
{
    static const unsigned char random[UM_LOGIN_BYTES] = {7};
    struct scene *s = scene_new();
    struct um_ask a = ask("POST");
    char code[UM_LOGIN_CHARS + 1];

    (void)state;
    memcpy(
        code,
        um_sessions_invite(&s->auth.sessions, UM_RIGHT_READ, random, NOW)->code,
        sizeof code);
    assert_int_equal(um_auth_login(&s->auth, &a, code, code, NOW).right,
                     UM_RIGHT_READ);
    assert_int_equal(um_auth_login(&s->auth, &a, code, code, NOW).status, 401);
    assert_int_equal(
        um_auth_login(&s->auth, &a, NULL, s->auth.token, NOW).right,
        UM_RIGHT_ALL);
    assert_int_equal(
        um_auth_login(&s->auth, &a, NULL, s->auth.reader, NOW).right,
        UM_RIGHT_READ);
    assert_int_equal(
        um_auth_login(&s->auth, &a, NULL, s->auth.scraper, NOW).status, 401);
    assert_int_equal(um_auth_login(&s->auth, &a, NULL, "", NOW).status, 401);
    for (unsigned i = 3; i < UM__CAP_TRIES; i++) {
        assert_int_equal(um_auth_login(&s->auth, &a, code, code, NOW).status,
                         401);
    }
    assert_int_equal(um_auth_login(&s->auth, &a, code, code, NOW).status, 429);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_right_at_every_route),
        cmocka_unit_test(test_a_get_that_acts),
        cmocka_unit_test(test_a_session_changes_only_from_the_page),
        cmocka_unit_test(test_a_session_reads_for_the_page_alone),
        cmocka_unit_test(test_a_link_to_the_page),
        cmocka_unit_test(test_cookies),
        cmocka_unit_test(test_guesses_are_few),
        cmocka_unit_test(test_logins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

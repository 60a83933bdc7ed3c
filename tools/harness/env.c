/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See env.h. Which style it is, the dialer's variable tells: both have it. */
#include "env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS 180U

const char *harness_env_text(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

static const char *or_else(const char *value, const char *otherwise)
{
    return value != NULL ? value : otherwise;
}

bool harness_env_number(const char *name, uint64_t fallback, uint64_t *out)
{
    const char *text = harness_env_text(name);
    char *end;

    *out = fallback;
    if (text == NULL) {
        return true;
    }
    *out = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0') {
        (void)fprintf(stderr, "%s: not a number: %s\n", name, text);
        return false;
    }
    return true;
}

bool harness_env_complete(const struct harness_env *env)
{
    const char *missing = env->redis == NULL       ? "REDIS_ADDR"
                          : env->transport == NULL ? "TRANSPORT"
                          : !env->old_style && env->test_key == NULL
                              ? "TEST_KEY"
                              : NULL;

    if (missing != NULL) {
        (void)fprintf(stderr, "%s is not set\n", missing);
    }
    return missing == NULL;
}

bool harness_env_read(struct harness_env *env)
{
    const char *dialer = harness_env_text("IS_DIALER");
    uint64_t seconds;

    *env = (struct harness_env){.old_style = dialer == NULL};
    if (env->old_style) {
        dialer = harness_env_text("is_dialer");
        env->redis = or_else(harness_env_text("redis_addr"), "redis:6379");
        env->transport = harness_env_text("transport");
        env->security = harness_env_text("security");
        env->muxer = harness_env_text("muxer");
        env->ip = or_else(harness_env_text("ip"), "0.0.0.0");
    } else {
        env->redis = harness_env_text("REDIS_ADDR");
        env->test_key = harness_env_text("TEST_KEY");
        env->transport = harness_env_text("TRANSPORT");
        env->security = harness_env_text("SECURE_CHANNEL");
        env->muxer = harness_env_text("MUXER");
        env->ip = or_else(harness_env_text("LISTENER_IP"), "0.0.0.0");
    }
    if (dialer == NULL) {
        (void)fprintf(stderr, "neither IS_DIALER nor is_dialer is set\n");
        return false;
    }
    env->dialer = strcmp(dialer, "true") == 0;
    if (!harness_env_number("test_timeout_seconds", SECONDS, &seconds)) {
        return false;
    }
    env->seconds = seconds > 0 && seconds < 86400 ? (unsigned)seconds : SECONDS;
    return harness_env_complete(env);
}

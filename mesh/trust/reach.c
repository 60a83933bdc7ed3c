/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The tables, from the leaves up. What a member does when Unit meets it, as
 * far as it matters here, is said beside it. There is no failure mode.
 */
#include "mesh/trust/reach.h"

#define PLAIN(member)               \
    {                               \
        .name = UM_STR_INIT(member) \
    }
#define TEXT(member, kind)                                   \
    {                                                        \
        .name = UM_STR_INIT(member), .text = UM_REACH_##kind \
    }
#define OBJECT(member, table)                           \
    {                                                   \
        .name = UM_STR_INIT(member), .members = (table) \
    }
#define EACH(member, kind, rule)                                              \
    {                                                                         \
        .name = UM_STR_INIT(member), .names = UM_REACH_##kind, .each = (rule) \
    }
#define ON(table)          \
    {                      \
        .members = (table) \
    }
#define END          \
    {                \
        .each = NULL \
    }

static const struct um_reach_rule plain = {.text = UM_REACH_PLAIN};
static const struct um_reach_rule template = {.text = UM_REACH_TEMPLATE};

static const struct um_reach_rule websocket[] = {
    PLAIN("read_timeout"),
    PLAIN("keepalive_interval"),
    PLAIN("max_frame_size"),
    END,
};

static const struct um_reach_rule served[] = {
    PLAIN("mime_types"),
    END,
};

static const struct um_reach_rule compression[] = {
    PLAIN("types"),
    PLAIN("compressors"),
    END,
};

static const struct um_reach_rule http[] = {
    PLAIN("header_read_timeout"),
    PLAIN("body_read_timeout"),
    PLAIN("send_timeout"),
    PLAIN("idle_timeout"),
    PLAIN("large_header_buffer_size"),
    PLAIN("large_header_buffers"),
    PLAIN("body_buffer_size"),
    PLAIN("max_body_size"),
    TEXT("body_temp_path", WRITTEN),
    PLAIN("discard_unsafe_fields"),
    OBJECT("websocket", websocket),
    OBJECT("static", served),
    PLAIN("log_route"),
    PLAIN("server_version"),
    PLAIN("chunked_transform"),
    OBJECT("compression", compression),
    END,
};

static const struct um_reach_rule telemetry[] = {
    TEXT("endpoint", ENDPOINT),
    PLAIN("batch_size"),
    PLAIN("protocol"),
    PLAIN("sampling_ratio"),
    END,
};

/* A script may do what the router may: njs has modules for files. */
static const struct um_reach_rule settings[] = {
    PLAIN("listen_threads"),
    OBJECT("http", http),
    TEXT("js_module", SCRIPT),
    OBJECT("telemetry", telemetry),
    END,
};

static const struct um_reach_rule forwarded[] = {
    PLAIN("client_ip"),
    PLAIN("protocol"),
    PLAIN("source"),
    PLAIN("recursive"),
    END,
};

static const struct um_reach_rule client_ip[] = {
    PLAIN("source"),
    PLAIN("header"),
    PLAIN("recursive"),
    END,
};

static const struct um_reach_rule session[] = {
    PLAIN("cache_size"),
    PLAIN("timeout"),
    PLAIN("tickets"),
    END,
};

/* OpenSSL has commands that read keys and certificates from files. */
static const struct um_reach_rule tls[] = {
    PLAIN("certificate"),
    EACH("conf_commands", TLS_COMMAND, &plain),
    OBJECT("session", session),
    END,
};

static const struct um_reach_rule listener_members[] = {
    TEXT("pass", TEMPLATE),
    PLAIN("application"),
    OBJECT("forwarded", forwarded),
    OBJECT("client_ip", client_ip),
    PLAIN("backlog"),
    OBJECT("tls", tls),
    END,
};

static const struct um_reach_rule listener = {.members = listener_members};

static const struct um_reach_rule match[] = {
    PLAIN("method"),  PLAIN("scheme"),      PLAIN("host"),
    PLAIN("source"),  PLAIN("destination"), PLAIN("uri"),
    PLAIN("query"),   PLAIN("arguments"),   PLAIN("headers"),
    PLAIN("cookies"), TEXT("if", TEMPLATE), END,
};

static const struct um_reach_rule action[] = {
    TEXT("pass", TEMPLATE),
    PLAIN("return"),
    TEXT("location", TEMPLATE),
    TEXT("share", SHARE),
    TEXT("index", INDEX),
    PLAIN("types"),
    OBJECT("fallback", action),
    TEXT("chroot", TEMPLATE),
    PLAIN("follow_symlinks"),
    PLAIN("traverse_mounts"),
    TEXT("proxy", PROXY),
    TEXT("rewrite", REWRITE),
    EACH("response_headers", PLAIN, &template),
    END,
};

static const struct um_reach_rule step_members[] = {
    OBJECT("match", match),
    OBJECT("action", action),
    END,
};

static const struct um_reach_rule step = {.members = step_members};
static const struct um_reach_rule steps = {.items = &step};

static const struct um_reach_rule limits[] = {
    PLAIN("timeout"),
    PLAIN("requests"),
    PLAIN("shm"),
    END,
};

static const struct um_reach_rule processes[] = {
    TEXT("spare", PROCESSES),
    TEXT("max", PROCESSES),
    PLAIN("idle_timeout"),
    END,
};

static const struct um_reach_rule namespaces[] = {
    PLAIN("credential"),
    PLAIN("pid"),
    PLAIN("network"),
    PLAIN("mount"),
    PLAIN("uname"),
    PLAIN("cgroup"),
    END,
};

static const struct um_reach_rule automount[] = {
    PLAIN("language_deps"),
    PLAIN("tmpfs"),
    PLAIN("procfs"),
    END,
};

static const struct um_reach_rule cgroup[] = {
    TEXT("path", CGROUP),
    END,
};

static const struct um_reach_rule isolation[] = {
    OBJECT("namespaces", namespaces),
    PLAIN("uidmap"),
    PLAIN("gidmap"),
    TEXT("rootfs", ROOT),
    OBJECT("automount", automount),
    PLAIN("new_privs"),
    OBJECT("cgroup", cgroup),
    END,
};

/* The two logs are opened by the application, inside of its root or not. */
static const struct um_reach_rule any_app[] = {
    PLAIN("type"),
    OBJECT("limits", limits),
    {.name = UM_STR_INIT("processes"),
     .text = UM_REACH_PROCESSES,
     .members = processes},
    TEXT("user", USER),
    TEXT("group", GROUP),
    TEXT("working_directory", PROGRAM),
    EACH("environment", ENVIRONMENT, &plain),
    OBJECT("isolation", isolation),
    TEXT("stdout", WRITTEN),
    TEXT("stderr", WRITTEN),
    END,
};

static const struct um_reach_rule external[] = {
    TEXT("executable", PROGRAM),
    PLAIN("arguments"),
    ON(any_app),
};

static const struct um_reach_rule python_target_members[] = {
    TEXT("module", MODULE),
    PLAIN("callable"),
    PLAIN("factory"),
    PLAIN("prefix"),
    END,
};

static const struct um_reach_rule python_target = {.members =
                                                       python_target_members};

static const struct um_reach_rule python[] = {
    TEXT("home", PROGRAM),
    TEXT("path", PROGRAM),
    PLAIN("protocol"),
    PLAIN("threads"),
    PLAIN("thread_stack_size"),
    TEXT("module", MODULE),
    PLAIN("callable"),
    PLAIN("factory"),
    PLAIN("prefix"),
    EACH("targets", PLAIN, &python_target),
    ON(any_app),
};

static const struct um_reach_rule php_options[] = {
    TEXT("file", EARLY),
    EACH("admin", PHP_OPTION, &plain),
    EACH("user", PHP_OPTION, &plain),
    END,
};

static const struct um_reach_rule php_target_members[] = {
    TEXT("root", PROGRAM),
    TEXT("script", PHP_SCRIPT),
    TEXT("index", PHP_INDEX),
    END,
};

static const struct um_reach_rule php_target = {.members = php_target_members};

static const struct um_reach_rule php[] = {
    TEXT("root", PROGRAM),          TEXT("script", PHP_SCRIPT),
    TEXT("index", PHP_INDEX),       EACH("targets", PLAIN, &php_target),
    OBJECT("options", php_options), ON(any_app),
};

static const struct um_reach_rule perl[] = {
    TEXT("script", PROGRAM),
    PLAIN("threads"),
    PLAIN("thread_stack_size"),
    ON(any_app),
};

static const struct um_reach_rule ruby[] = {
    TEXT("script", PROGRAM),
    PLAIN("threads"),
    TEXT("hooks", PROGRAM),
    ON(any_app),
};

static const struct um_reach_rule java[] = {
    TEXT("classpath", PROGRAM),
    TEXT("webapp", PROGRAM),
    TEXT("options", JAVA_OPTION),
    TEXT("unit_jars", PROGRAM),
    PLAIN("threads"),
    PLAIN("thread_stack_size"),
    ON(any_app),
};

/* Folders that the module may read and write. */
static const struct um_reach_rule wasm_access[] = {
    TEXT("filesystem", WRITTEN),
    END,
};

static const struct um_reach_rule wasm[] = {
    TEXT("module", EARLY),
    PLAIN("request_handler"),
    PLAIN("malloc_handler"),
    PLAIN("free_handler"),
    PLAIN("module_init_handler"),
    PLAIN("module_end_handler"),
    PLAIN("request_init_handler"),
    PLAIN("request_end_handler"),
    PLAIN("response_end_handler"),
    OBJECT("access", wasm_access),
    ON(any_app),
};

static const struct um_reach_rule wasm_wc[] = {
    TEXT("component", EARLY),
    OBJECT("access", wasm_access),
    ON(any_app),
};

static const struct um_reach_rule application = {.text = UM_REACH_APPLICATION};

static const struct um_reach_rule server_members[] = {
    PLAIN("weight"),
    END,
};

static const struct um_reach_rule server = {.members = server_members};

static const struct um_reach_rule upstream_members[] = {
    EACH("servers", SERVER, &server),
    END,
};

static const struct um_reach_rule upstream = {.members = upstream_members};

static const struct um_reach_rule access_log[] = {
    TEXT("path", WRITTEN),
    {.name = UM_STR_INIT("format"),
     .text = UM_REACH_TEMPLATE,
     .each = &template},
    TEXT("if", TEMPLATE),
    END,
};

static const struct um_reach_rule config[] = {
    OBJECT("settings", settings),
    EACH("listeners", LISTENER, &listener),
    {.name = UM_STR_INIT("routes"), .each = &steps, .items = &step},
    EACH("applications", PLAIN, &application),
    EACH("upstreams", PLAIN, &upstream),
    {.name = UM_STR_INIT("access_log"),
     .text = UM_REACH_WRITTEN,
     .members = access_log},
    END,
};

const struct um_reach_rule um_reach_config = {.members = config};

const struct um_reach_rule *um_reach_member(const struct um_reach_rule *table,
                                            struct um_str name)
{
    while (table != NULL) {
        for (; table->name.p != NULL; table++) {
            if (um_str_eq(table->name, name))
                return table;
        }
        table = table->members;
    }
    return NULL;
}

const struct um_reach_rule *um_reach_application(enum um_language language)
{
    switch (language) {
        case UM_LANGUAGE_EXTERNAL:
            return external;
        case UM_LANGUAGE_PYTHON:
            return python;
        case UM_LANGUAGE_PHP:
            return php;
        case UM_LANGUAGE_PERL:
            return perl;
        case UM_LANGUAGE_RUBY:
            return ruby;
        case UM_LANGUAGE_JAVA:
            return java;
        case UM_LANGUAGE_WASM:
            return wasm;
        case UM_LANGUAGE_WASM_WC:
            return wasm_wc;
        default:
            return any_app;
    }
}

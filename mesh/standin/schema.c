/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The tables, from the leaves up. They are those of a Unit on Linux with TLS,
 * with or without njs, without OpenTelemetry and without compression
 * libraries; both flavours know the same members.
 */
#include "mesh/standin/schema.h"

static const struct um_srule websocket[] = {
    {.name = UM_STR_INIT("read_timeout"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("keepalive_interval"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("max_frame_size"), .types = UM_ST_INTEGER},
    {.name = {NULL, 0}},
};

static const struct um_srule files[] = {
    {.name = UM_STR_INIT("mime_types"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_mime_types},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_compressor[] = {
    {.name = UM_STR_INIT("encoding"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_encoding},
    {.name = UM_STR_INIT("level"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("min_length"), .types = UM_ST_INTEGER},
    {.name = {NULL, 0}},
};

static const struct um_srule compression[] = {
    {.name = UM_STR_INIT("types"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .check = um_scheck_patterns},
    {.name = UM_STR_INIT("compressors"),
     .types = UM_ST_OBJECT | UM_ST_ARRAY,
     .check = um_scheck_compressors},
    {.name = {NULL, 0}},
};

static const struct um_srule http[] = {
    {.name = UM_STR_INIT("header_read_timeout"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("body_read_timeout"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("send_timeout"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("idle_timeout"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("large_header_buffer_size"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("large_header_buffers"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("body_buffer_size"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("max_body_size"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("body_temp_path"), .types = UM_ST_STRING},
    {.name = UM_STR_INIT("discard_unsafe_fields"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("websocket"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = websocket},
    {.name = UM_STR_INIT("static"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = files},
    {.name = UM_STR_INIT("log_route"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("server_version"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("chunked_transform"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("compression"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = compression},
    {.name = {NULL, 0}},
};

static const struct um_srule settings[] = {
    {.name = UM_STR_INIT("listen_threads"),
     .types = UM_ST_INTEGER,
     .check = um_scheck_listen_threads},
    {.name = UM_STR_INIT("http"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = http},
    {.name = UM_STR_INIT("js_module"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .flags = UM_SR_NJS,
     .check = um_scheck_js_module},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_forwarded[] = {
    {.name = UM_STR_INIT("client_ip"), .types = UM_ST_STRING},
    {.name = UM_STR_INIT("protocol"), .types = UM_ST_STRING},
    {.name = UM_STR_INIT("source"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_addresses},
    {.name = UM_STR_INIT("recursive"), .types = UM_ST_BOOLEAN},
    {.name = {NULL, 0}},
};

static const struct um_srule client_ip[] = {
    {.name = UM_STR_INIT("source"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_addresses},
    {.name = UM_STR_INIT("header"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED},
    {.name = UM_STR_INIT("recursive"), .types = UM_ST_BOOLEAN},
    {.name = {NULL, 0}},
};

static const struct um_srule session[] = {
    {.name = UM_STR_INIT("cache_size"),
     .types = UM_ST_INTEGER,
     .check = um_scheck_cache_size},
    {.name = UM_STR_INIT("timeout"),
     .types = UM_ST_INTEGER,
     .check = um_scheck_tls_timeout},
    {.name = UM_STR_INIT("tickets"),
     .types = UM_ST_STRING | UM_ST_ARRAY | UM_ST_BOOLEAN,
     .check = um_scheck_tickets},
    {.name = {NULL, 0}},
};

static const struct um_srule tls[] = {
    {.name = UM_STR_INIT("certificate"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_certificate},
    {.name = UM_STR_INIT("conf_commands"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_conf_commands},
    {.name = UM_STR_INIT("session"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = session},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_listener[] = {
    {.name = UM_STR_INIT("pass"),
     .types = UM_ST_STRING,
     .flags = UM_SR_TEMPLATE,
     .check = um_scheck_pass},
    {.name = UM_STR_INIT("application"),
     .types = UM_ST_STRING,
     .check = um_scheck_application_name},
    {.name = UM_STR_INIT("forwarded"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_forwarded},
    {.name = UM_STR_INIT("client_ip"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = client_ip},
    {.name = UM_STR_INIT("backlog"),
     .types = UM_ST_NUMBER,
     .check = um_scheck_backlog},
    {.name = UM_STR_INIT("tls"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = tls},
    {.name = {NULL, 0}},
};

static const struct um_srule match[] = {
    {.name = UM_STR_INIT("method"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .check = um_scheck_patterns,
     .text = "method"},
    {.name = UM_STR_INIT("scheme"),
     .types = UM_ST_STRING,
     .check = um_scheck_scheme},
    {.name = UM_STR_INIT("host"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .check = um_scheck_patterns,
     .text = "host"},
    {.name = UM_STR_INIT("source"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .check = um_scheck_addresses},
    {.name = UM_STR_INIT("destination"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .check = um_scheck_addresses},
    {.name = UM_STR_INIT("uri"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .check = um_scheck_encoded_patterns,
     .text = "uri"},
    {.name = UM_STR_INIT("query"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .check = um_scheck_encoded_patterns,
     .text = "query"},
    {.name = UM_STR_INIT("arguments"),
     .types = UM_ST_OBJECT | UM_ST_ARRAY,
     .check = um_scheck_argument_sets},
    {.name = UM_STR_INIT("headers"),
     .types = UM_ST_OBJECT | UM_ST_ARRAY,
     .check = um_scheck_pattern_sets,
     .text = "headers"},
    {.name = UM_STR_INIT("cookies"),
     .types = UM_ST_OBJECT | UM_ST_ARRAY,
     .check = um_scheck_pattern_sets,
     .text = "cookies"},
    {.name = UM_STR_INIT("if"), .types = UM_ST_STRING, .check = um_scheck_if},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_route[] = {
    {.name = UM_STR_INIT("match"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = match},
    {.name = UM_STR_INIT("action"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_action},
    {.name = {NULL, 0}},
};

static const struct um_srule any_action[] = {
    {.name = UM_STR_INIT("rewrite"),
     .types = UM_ST_STRING,
     .flags = UM_SR_TEMPLATE},
    {.name = UM_STR_INIT("response_headers"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_any_members,
     .member = um_scheck_response_header},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_pass_action[] = {
    {.name = UM_STR_INIT("pass"),
     .types = UM_ST_STRING,
     .flags = UM_SR_TEMPLATE,
     .check = um_scheck_pass},
    {.members = any_action},
};

const struct um_srule um_sschema_return_action[] = {
    {.name = UM_STR_INIT("return"),
     .types = UM_ST_INTEGER,
     .check = um_scheck_return},
    {.name = UM_STR_INIT("location"),
     .types = UM_ST_STRING,
     .flags = UM_SR_TEMPLATE},
    {.members = any_action},
};

const struct um_srule um_sschema_share_action[] = {
    {.name = UM_STR_INIT("share"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .check = um_scheck_share},
    {.name = UM_STR_INIT("index"), .types = UM_ST_STRING},
    {.name = UM_STR_INIT("types"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .check = um_scheck_patterns},
    {.name = UM_STR_INIT("fallback"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_action},
    {.name = UM_STR_INIT("chroot"),
     .types = UM_ST_STRING,
     .flags = UM_SR_TEMPLATE},
    {.name = UM_STR_INIT("follow_symlinks"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("traverse_mounts"), .types = UM_ST_BOOLEAN},
    {.members = any_action},
};

const struct um_srule um_sschema_proxy_action[] = {
    {.name = UM_STR_INIT("proxy"),
     .types = UM_ST_STRING,
     .check = um_scheck_proxy},
    {.members = any_action},
};

static const struct um_srule limits[] = {
    {.name = UM_STR_INIT("timeout"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("requests"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("shm"), .types = UM_ST_INTEGER},
    {.name = {NULL, 0}},
};

static const struct um_srule processes[] = {
    {.name = UM_STR_INIT("spare"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("max"), .types = UM_ST_INTEGER},
    {.name = UM_STR_INIT("idle_timeout"), .types = UM_ST_INTEGER},
    {.name = {NULL, 0}},
};

static const struct um_srule namespaces[] = {
    {.name = UM_STR_INIT("credential"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("pid"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("network"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("mount"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("uname"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("cgroup"), .types = UM_ST_BOOLEAN},
    {.name = {NULL, 0}},
};

static const struct um_srule automount[] = {
    {.name = UM_STR_INIT("language_deps"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("tmpfs"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("procfs"), .types = UM_ST_BOOLEAN},
    {.name = {NULL, 0}},
};

static const struct um_srule cgroup[] = {
    {.name = UM_STR_INIT("path"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_cgroup},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_id_map[] = {
    {.name = UM_STR_INIT("container"),
     .types = UM_ST_INTEGER,
     .flags = UM_SR_REQUIRED},
    {.name = UM_STR_INIT("host"),
     .types = UM_ST_INTEGER,
     .flags = UM_SR_REQUIRED},
    {.name = UM_STR_INIT("size"),
     .types = UM_ST_INTEGER,
     .flags = UM_SR_REQUIRED},
    {.name = {NULL, 0}},
};

static const struct um_srule isolation[] = {
    {.name = UM_STR_INIT("namespaces"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = namespaces},
    {.name = UM_STR_INIT("uidmap"),
     .types = UM_ST_ARRAY,
     .check = um_scheck_elements,
     .element = um_scheck_uid_map},
    {.name = UM_STR_INIT("gidmap"),
     .types = UM_ST_ARRAY,
     .check = um_scheck_elements,
     .element = um_scheck_gid_map},
    {.name = UM_STR_INIT("rootfs"),
     .types = UM_ST_STRING,
     .check = um_scheck_rootfs},
    {.name = UM_STR_INIT("automount"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = automount},
    {.name = UM_STR_INIT("new_privs"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("cgroup"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = cgroup},
    {.name = {NULL, 0}},
};

static const struct um_srule any_app[] = {
    {.name = UM_STR_INIT("type"), .types = UM_ST_STRING},
    {.name = UM_STR_INIT("limits"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = limits},
    {.name = UM_STR_INIT("processes"),
     .types = UM_ST_INTEGER | UM_ST_OBJECT,
     .check = um_scheck_processes,
     .members = processes},
    {.name = UM_STR_INIT("user"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "user"},
    {.name = UM_STR_INIT("group"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "group"},
    {.name = UM_STR_INIT("working_directory"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "working_directory"},
    {.name = UM_STR_INIT("environment"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_any_members,
     .member = um_scheck_environment},
    {.name = UM_STR_INIT("isolation"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = isolation},
    {.name = UM_STR_INIT("stdout"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "stdout"},
    {.name = UM_STR_INIT("stderr"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "stderr"},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_external[] = {
    {.name = UM_STR_INIT("executable"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_c_string,
     .text = "executable"},
    {.name = UM_STR_INIT("arguments"),
     .types = UM_ST_ARRAY,
     .check = um_scheck_elements,
     .element = um_scheck_argument},
    {.members = any_app},
};

static const struct um_srule any_python[] = {
    {.name = UM_STR_INIT("home"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "home"},
    {.name = UM_STR_INIT("path"),
     .types = UM_ST_STRING | UM_ST_ARRAY,
     .check = um_scheck_python_path},
    {.name = UM_STR_INIT("protocol"),
     .types = UM_ST_STRING,
     .check = um_scheck_python_protocol},
    {.name = UM_STR_INIT("threads"),
     .types = UM_ST_INTEGER,
     .check = um_scheck_threads},
    {.name = UM_STR_INIT("thread_stack_size"),
     .types = UM_ST_INTEGER,
     .check = um_scheck_stack_size},
    {.members = any_app},
};

static const struct um_srule python_target[] = {
    {.name = UM_STR_INIT("module"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED},
    {.name = UM_STR_INIT("callable"), .types = UM_ST_STRING},
    {.name = UM_STR_INIT("factory"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("prefix"),
     .types = UM_ST_STRING,
     .check = um_scheck_python_prefix},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_python_targets[] = {
    {.name = UM_STR_INIT("module"),
     .types = UM_ST_STRING,
     .check = um_scheck_no_targets,
     .text = "module"},
    {.name = UM_STR_INIT("callable"),
     .types = UM_ST_STRING,
     .check = um_scheck_no_targets,
     .text = "callable"},
    {.name = UM_STR_INIT("factory"),
     .types = UM_ST_BOOLEAN,
     .check = um_scheck_no_targets,
     .text = "factory"},
    {.name = UM_STR_INIT("prefix"),
     .types = UM_ST_STRING,
     .check = um_scheck_no_targets,
     .text = "prefix"},
    {.name = UM_STR_INIT("targets"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_targets,
     .members = python_target},
    {.members = any_python},
};

const struct um_srule um_sschema_python_plain[] = {
    {.name = UM_STR_INIT("module"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED},
    {.name = UM_STR_INIT("callable"), .types = UM_ST_STRING},
    {.name = UM_STR_INIT("factory"), .types = UM_ST_BOOLEAN},
    {.name = UM_STR_INIT("prefix"),
     .types = UM_ST_STRING,
     .check = um_scheck_python_prefix},
    {.members = any_python},
};

static const struct um_srule php_options[] = {
    {.name = UM_STR_INIT("file"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "file"},
    {.name = UM_STR_INIT("admin"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_any_members,
     .member = um_scheck_php_option},
    {.name = UM_STR_INIT("user"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_any_members,
     .member = um_scheck_php_option},
    {.name = {NULL, 0}},
};

static const struct um_srule any_php[] = {
    {.name = UM_STR_INIT("options"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = php_options},
    {.members = any_app},
};

static const struct um_srule php_target[] = {
    {.name = UM_STR_INIT("root"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED},
    {.name = UM_STR_INIT("script"), .types = UM_ST_STRING},
    {.name = UM_STR_INIT("index"), .types = UM_ST_STRING},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_php_targets[] = {
    {.name = UM_STR_INIT("root"),
     .types = UM_ST_ANY,
     .check = um_scheck_no_targets,
     .text = "root"},
    {.name = UM_STR_INIT("script"),
     .types = UM_ST_ANY,
     .check = um_scheck_no_targets,
     .text = "script"},
    {.name = UM_STR_INIT("index"),
     .types = UM_ST_ANY,
     .check = um_scheck_no_targets,
     .text = "index"},
    {.name = UM_STR_INIT("targets"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_targets,
     .members = php_target},
    {.members = any_php},
};

const struct um_srule um_sschema_php_plain[] = {
    {.name = UM_STR_INIT("root"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED},
    {.name = UM_STR_INIT("script"), .types = UM_ST_STRING},
    {.name = UM_STR_INIT("index"), .types = UM_ST_STRING},
    {.members = any_php},
};

const struct um_srule um_sschema_perl[] = {
    {.name = UM_STR_INIT("script"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_c_string,
     .text = "script"},
    {.name = UM_STR_INIT("threads"),
     .types = UM_ST_INTEGER,
     .check = um_scheck_threads},
    {.name = UM_STR_INIT("thread_stack_size"),
     .types = UM_ST_INTEGER,
     .check = um_scheck_stack_size},
    {.members = any_app},
};

const struct um_srule um_sschema_ruby[] = {
    {.name = UM_STR_INIT("script"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED},
    {.name = UM_STR_INIT("threads"),
     .types = UM_ST_INTEGER,
     .check = um_scheck_threads},
    {.name = UM_STR_INIT("hooks"), .types = UM_ST_STRING},
    {.members = any_app},
};

const struct um_srule um_sschema_java[] = {
    {.name = UM_STR_INIT("classpath"),
     .types = UM_ST_ARRAY,
     .check = um_scheck_elements,
     .element = um_scheck_classpath},
    {.name = UM_STR_INIT("webapp"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_c_string,
     .text = "webapp"},
    {.name = UM_STR_INIT("options"),
     .types = UM_ST_ARRAY,
     .check = um_scheck_elements,
     .element = um_scheck_java_option},
    {.name = UM_STR_INIT("unit_jars"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "unit_jars"},
    {.name = UM_STR_INIT("threads"),
     .types = UM_ST_INTEGER,
     .check = um_scheck_threads},
    {.name = UM_STR_INIT("thread_stack_size"),
     .types = UM_ST_INTEGER,
     .check = um_scheck_stack_size},
    {.members = any_app},
};

static const struct um_srule wasm_access[] = {
    {.name = UM_STR_INIT("filesystem"), .types = UM_ST_ARRAY},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_wasm[] = {
    {.name = UM_STR_INIT("module"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_c_string,
     .text = "module"},
    {.name = UM_STR_INIT("request_handler"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_c_string,
     .text = "request_handler"},
    {.name = UM_STR_INIT("malloc_handler"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_c_string,
     .text = "malloc_handler"},
    {.name = UM_STR_INIT("free_handler"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_c_string,
     .text = "free_handler"},
    {.name = UM_STR_INIT("module_init_handler"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "module_init_handler"},
    {.name = UM_STR_INIT("module_end_handler"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "module_end_handler"},
    {.name = UM_STR_INIT("request_init_handler"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "request_init_handler"},
    {.name = UM_STR_INIT("request_end_handler"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "request_end_handler"},
    {.name = UM_STR_INIT("response_end_handler"),
     .types = UM_ST_STRING,
     .check = um_scheck_c_string,
     .text = "response_end_handler"},
    {.name = UM_STR_INIT("access"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = wasm_access},
    {.members = any_app},
};

const struct um_srule um_sschema_wasm_wc[] = {
    {.name = UM_STR_INIT("component"),
     .types = UM_ST_STRING,
     .flags = UM_SR_REQUIRED,
     .check = um_scheck_c_string,
     .text = "component"},
    {.name = UM_STR_INIT("access"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = wasm_access},
    {.members = any_app},
};

const struct um_srule um_sschema_upstream[] = {
    {.name = UM_STR_INIT("servers"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_any_members,
     .member = um_scheck_server},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_server[] = {
    {.name = UM_STR_INIT("weight"),
     .types = UM_ST_NUMBER,
     .check = um_scheck_weight},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_access_log[] = {
    {.name = UM_STR_INIT("path"), .types = UM_ST_STRING},
    {.name = UM_STR_INIT("format"),
     .types = UM_ST_STRING | UM_ST_OBJECT,
     .check = um_scheck_log_format},
    {.name = UM_STR_INIT("if"), .types = UM_ST_STRING, .check = um_scheck_if},
    {.name = {NULL, 0}},
};

const struct um_srule um_sschema_root[] = {
    {.name = UM_STR_INIT("settings"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_object,
     .members = settings},
    {.name = UM_STR_INIT("listeners"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_any_members,
     .member = um_scheck_listener},
    {.name = UM_STR_INIT("routes"),
     .types = UM_ST_ARRAY | UM_ST_OBJECT,
     .check = um_scheck_routes},
    {.name = UM_STR_INIT("applications"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_any_members,
     .member = um_scheck_application},
    {.name = UM_STR_INIT("upstreams"),
     .types = UM_ST_OBJECT,
     .check = um_scheck_any_members,
     .member = um_scheck_upstream},
    {.name = UM_STR_INIT("access_log"),
     .types = UM_ST_STRING | UM_ST_OBJECT,
     .check = um_scheck_access_log},
    {.name = {NULL, 0}},
};

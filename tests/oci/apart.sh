#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: apart.sh DIR [--net] COMMAND…
# COMMAND with podman's images and settings in DIR; it and all that it starts
# sees other processes, mounts and a /run of its own, with --net a network, too,
# and nothing of it is left when it ends.
set -eu
dir=$(readlink -m "$1")
shift
net=()
if [ "$1" = --net ]; then
    net=(--net)
    shift
fi
mkdir -p "$dir"
cat > "$dir/containers.conf" <<END
[containers]
cgroups = "disabled"
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
[network]
network_backend = "netavark"
network_config_dir = "$dir/networks"
END
cat > "$dir/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$dir/graph"
runroot = "/run/containers/storage"
END
export CONTAINERS_CONF=$dir/containers.conf
export CONTAINERS_STORAGE_CONF=$dir/storage.conf
# crun knows one kind of control groups, and takes none of either.
exec unshare --mount "${net[@]}" --pid --fork --kill-child --mount-proc \
    sh -c 'umount -R /sys/fs/cgroup 2> /dev/null
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        mount -t tmpfs tmpfs /run
        ip link set lo up && exec "$@"' - "$@"

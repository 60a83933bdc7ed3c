# SPDX-License-Identifier: MIT OR Apache-2.0
# The image, compose.yaml and the example for Kubernetes: looked at by linters;
# then the image is built by podman on a Debian 13 that is made here, and three
# nodes of it live in containers beside stand-ins of Unit.
# budget: 420
# timeout: 1800
. .ci/chroot.sh
python=$(tests/rest/packages.sh tests/oci/packages.txt) ||
    skip "the image's files: no linters"
export PYTHONPATH=$python PATH=$python/bin:$PATH
images="$PWD/$CI_LOGS/oci"
apart="tests/oci/apart.sh $images"

check "hadolint" hadolint --ignore DL3006 packaging/oci/Dockerfile \
    tests/oci/Unit.Dockerfile tools/harness/Dockerfile.*
check "shell scripts" sh -n packaging/oci/rootfs.sh tools/harness/rootfs.sh
check "yamllint" python3 -m yamllint -s -c tests/oci/.yamllint \
    packaging/oci/compose.yaml packaging/kubernetes/unitmesh.yaml
check "compose.yaml by its schema" check-jsonschema \
    --builtin-schema vendor.compose-spec packaging/oci/compose.yaml
check "Kubernetes by its schemas" kubernetes-validate --strict \
    packaging/kubernetes/unitmesh.yaml
check "what these files say of each other" python3 tests/oci/files.py

end_early() {
    echo "skipped: $1"
    end 1
}

[ "$(id -u)" = 0 ] || end_early "containers need root"
command -v podman buildah crun aardvark-dns > /dev/null ||
    apt-get install -y -q --no-install-recommends podman buildah crun \
        netavark aardvark-dns || end_early "containers: no podman here"
[ $f -eq 0 ] || end 0
chroot_make oci-trixie trixie ca-certificates
tar -C "$root" -c . | $apart podman import -q - \
    docker.io/library/debian:trixie-slim > "$CI_LOGS/oci-base.txt" 2>&1 ||
    end_early "containers cannot be here: $(tail -1 "$CI_LOGS/oci-base.txt")"

# What is committed, as a source archive has it.
mkdir -p "$CI_LOGS/oci-source"
git archive HEAD | tar -x -C "$CI_LOGS/oci-source"

# build NAME FOLDER FLAG…: an image, whose log is shown when it fails.
build() {
    local name=$1 folder=$2
    shift 2
    $apart podman build --pull=never --network=host --isolation=chroot \
        --format=docker -t "localhost/$name" "$@" "$folder" \
        > "$CI_LOGS/oci-$name.txt" 2>&1 || {
        tail -30 "$CI_LOGS/oci-$name.txt"
        return 1
    }
}

file=$CI_LOGS/oci-source/packaging/oci/Dockerfile
check "the image is built" build unitmesh "$CI_LOGS/oci-source" -f "$file"
check "what it is built in" build unitmesh-build "$CI_LOGS/oci-source" \
    -f "$file" --target=build
check "an image of a stand-in" build unit tests/oci \
    -f tests/oci/Unit.Dockerfile
[ $f -eq 0 ] || end 0

tests/oci/apart.sh "$images" --net python3 tests/oci/run.py podman-compose \
    "$images/mesh" > "$CI_LOGS/oci-run.txt" 2>&1
grep -v 'systemd' "$CI_LOGS/oci-run.txt"
p=$((p + $(grep -c '^ok ' "$CI_LOGS/oci-run.txt")))
f=$((f + $(grep -c '^FAIL ' "$CI_LOGS/oci-run.txt")))
grep -q '^ok and nothing is left of it' "$CI_LOGS/oci-run.txt" ||
    f=$((f + 1))
rm -rf "$images"
end 0

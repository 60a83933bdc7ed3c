// SPDX-License-Identifier: MIT OR Apache-2.0
// Asks pkg-config where the library is; no other crate is needed for that.
use std::process::Command;

fn main() {
    let out = Command::new("pkg-config")
        .args(["--libs", "p2p"])
        .output()
        .expect("pkg-config does not run");

    assert!(out.status.success(), "pkg-config does not know p2p");
    for flag in String::from_utf8(out.stdout).unwrap().split_whitespace() {
        if let Some(folder) = flag.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={folder}");
        } else if let Some(name) = flag.strip_prefix("-l") {
            println!("cargo:rustc-link-lib={name}");
        }
    }
    // Another place to look at may know another one.
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
}

//! Cargo features that would break "the same bytes everywhere" must not be on, whoever asks for them.
//!
//! PNGs are written by a deflate of our own: another one would be dead weight. Coders of JPEG other than ours have features that give
//! other bytes on machines with AVX2; tests may compare with them, the product must not contain them.

use std::process::Command;

use crate::corpus::root;

/// The crates of the workspace with their features, as `cargo tree` names them.
fn features() -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--workspace", "--edges", "normal,features", "--target", "all", "--prefix", "none"])
        .arg("--manifest-path")
        .arg(root().join("Cargo.toml"))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("simd-adler32 v"), "{}", String::from_utf8_lossy(&output.stderr));
    tree
}

#[test]
fn no_dependency_switches_on_machine_dependent_code() {
    let product = features();
    for banned in ["zune-jpeg v", "jpeg-encoder v", "jpeg-decoder v", "image feature \"jpeg\"", "image feature \"png\""]
    {
        assert!(!product.contains(banned), "{banned}");
    }
}

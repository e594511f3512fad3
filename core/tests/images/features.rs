//! Cargo features that would break "the same bytes everywhere" must not be on, whoever asks for them.
//!
//! `jpeg-encoder`'s `simd` gives other bytes on machines with AVX2; `zune-jpeg`'s `x86` panics on some
//! broken files, and only there; another deflate than `flate2`'s own would write other PNGs. The benches are free to switch the latter on: their rival does.

use std::process::Command;

use crate::corpus::root;

/// The features of every crate in the workspace of `manifest`, as `cargo tree` names them.
fn features(manifest: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--workspace", "--edges", "normal,features", "--target", "all", "--prefix", "none"])
        .arg("--manifest-path")
        .arg(root().join(manifest))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("jpeg-encoder v"), "{manifest}: {}", String::from_utf8_lossy(&output.stderr));
    tree
}

#[test]
fn no_dependency_switches_on_machine_dependent_code() {
    let product = features("Cargo.toml");
    for banned in [
        "jpeg-encoder feature \"simd\"",
        "zune-jpeg feature \"x86\"",
        "zune-jpeg feature \"neon\"",
        "flate2 feature \"zlib",
    ] {
        assert!(!product.contains(banned), "{banned}");
    }
    assert!(!features("benches/Cargo.toml").contains("jpeg-encoder feature \"simd\""));
}

//! Build glue: `cargo xtask` alone lists its recipes.
#![allow(clippy::print_stdout, reason = "each step says on the terminal what it does")]

mod account;
mod apt;
mod browser;
mod ceph;
mod demo;
mod deploy;
mod floors;
mod machine;
mod ministack;
mod mosaic;
mod package;
mod peers;
mod pip;
mod process;
mod run;
mod server;
mod ship;
mod stack;
mod start;
mod template;
mod test;
mod toolchain;
mod wasm;

use std::path::Path;
use std::process::ExitCode;

const RECIPES: &str = "\
cargo xtask demo [--image FILE] [--port N] [--exit]   an image through the whole machine, then the page
cargo xtask test                                      every test
cargo xtask peers COMMAND…                            a command with the S3 servers of others at hand, e.g. cargo test
cargo xtask deploy [--plan] --programs BUCKET …       the package into an AWS account, or what that does and costs
cargo xtask package                                   what is deployed: the function's zips, the page, the browser package
cargo xtask floors                                    size, start and memory of what is shipped
cargo xtask wasm                                      the browser package, into wasm/dist and web-demo/halver";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let done = match arguments.split_first() {
        Some((recipe, arguments)) if recipe == "demo" => match demo::Request::parse(arguments) {
            Ok(request) => demo::demo(root, &request),
            Err(reason) => {
                eprintln!("xtask: {reason}");
                return ExitCode::from(2);
            }
        },
        Some((recipe, arguments)) if recipe == "deploy" => match deploy::Request::parse(arguments) {
            Ok(request) => deploy::deploy(root, &request),
            Err(reason) => {
                eprintln!("xtask: {reason}");
                return ExitCode::from(2);
            }
        },
        Some((recipe, [])) if recipe == "test" => test::test(root),
        Some((recipe, [program, arguments @ ..])) if recipe == "peers" => peers::run_beside(root, program, arguments),
        Some((recipe, [])) if recipe == "package" => package::package(root),
        Some((recipe, [])) if recipe == "floors" => floors::floors(root),
        Some((recipe, [])) if recipe == "wasm" => wasm::build(),
        Some(_) => {
            eprintln!("{RECIPES}");
            return ExitCode::from(2);
        }
        None => {
            println!("{RECIPES}");
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

//! Whole jobs, bytes to bytes, against the rival made of plain crates; prints the bytes that each makes.
//!
//! ```text
//! cargo bench                              everything, about two minutes
//! cargo bench -- halve/jpeg-420/12mp       one group
//! cargo bench -- --test                    each once, to see that it runs
//! ```

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use halver::{Options, halve};
use halver_benches::{inputs, plain_crates};

fn jobs(criterion: &mut Criterion) {
    for input in inputs() {
        let (ours, rivals) =
            (halve(&input.bytes, &Options::default()).expect("it halves").bytes, plain_crates(&input.bytes));
        println!("{}: {} bytes, halver {}, plain crates {}", input.name, input.bytes.len(), ours.len(), rivals.len());
        let mut group = criterion.benchmark_group(format!("halve/{}", input.name));
        group.throughput(Throughput::Elements(input.pixels));
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.bench_function("halver", |bencher| {
            bencher.iter(|| halve(&input.bytes, &Options::default()).expect("it halves"));
        });
        group.bench_function("plain-crates", |bencher| bencher.iter(|| plain_crates(&input.bytes)));
        group.finish();
    }
}

criterion_group!(benches, jobs);
criterion_main!(benches);

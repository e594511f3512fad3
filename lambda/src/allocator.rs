//! glibc's allocator, told to give large buffers back to the system as soon as they are freed.
//!
//! By default it learns from what is freed ("dynamic mmap threshold", mallopt(3)): once a buffer of up to 32 MiB has come
//! and gone, others of that size are carved out of heaps, one for each thread that allocates, and those keep what is
//! freed. Fifteen large images of all kinds in one event were within what they may take together at every moment, and
//! still 182 MiB were resident at the peak of a function with 128 MB, 137 MiB of them when all was done; like this, 80
//! and 13. It costs a few page faults: 3 ms for a photograph of 12 megapixels.

/// From how many bytes on a buffer is the system's own; the number is glibc's default, but that it is set keeps it so.
const THRESHOLD: (&str, &str) = ("MALLOC_MMAP_THRESHOLD_", "131072");

/// Starts this program anew with the threshold in its environment, which glibc reads once, at the start; returns where it
/// is there already. The process stays the same. (The call that sets it while the program runs, mallopt(3), is an unsafe
/// one.)
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn settle() {
    use std::os::unix::process::CommandExt;
    let (name, value) = THRESHOLD;
    if std::env::var_os(name).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        // Where it cannot be started anew it goes on, and may hold more than it needs.
        let _ = std::process::Command::new(program).args(std::env::args_os().skip(1)).env(name, value).exec();
    }
}

/// Other allocators have no such habit.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn settle() {}

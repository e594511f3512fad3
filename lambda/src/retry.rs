//! Trying again, within bounds.

use std::future::Future;
use std::time::Duration;

use crate::store::StoreError;

/// The longest wait before the second, third and fourth attempt. Each is drawn from its upper half, so that functions
/// which failed together do not come back together.
const WAITS: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600)];

/// The first success of `attempt`, or its last error: transient ones are tried again, four times in all.
///
/// The SDK's own retries are off: they would not see a body that breaks off, and two loops in each other multiply.
pub(crate) async fn transient<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    for wait in WAITS {
        match attempt().await {
            Err(error) if error.kind.is_retried() => {}
            done => return done,
        }
        tokio::time::sleep(wait.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::store::{Address, Operation, StoreErrorKind};

    fn error(kind: StoreErrorKind) -> StoreError {
        let address = Address { bucket: "b".into(), key: "k".into() };
        StoreError { operation: Operation::Get, address, kind, detail: String::new() }
    }

    /// How many attempts are made where the first `failures` end in `kind`, and what comes of them.
    async fn attempts(failures: usize, kind: StoreErrorKind) -> (usize, bool) {
        let count = Cell::new(0);
        let result = transient(|| async {
            count.set(count.get() + 1);
            if count.get() <= failures { Err(error(kind)) } else { Ok(()) }
        })
        .await;
        (count.get(), result.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn transient_errors_are_tried_again_and_no_others() {
        assert_eq!(attempts(0, StoreErrorKind::Throttled).await, (1, true));
        assert_eq!(attempts(3, StoreErrorKind::Throttled).await, (4, true));
        assert_eq!(attempts(4, StoreErrorKind::Throttled).await, (4, false));
        assert_eq!(attempts(1, StoreErrorKind::NoSuchKey).await, (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn waits_are_bounded() {
        let start = tokio::time::Instant::now();
        attempts(4, StoreErrorKind::Timeout).await;
        let waited = start.elapsed();
        assert!((1050..=2110).contains(&waited.as_millis()), "{waited:?}");
    }
}

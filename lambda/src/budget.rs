//! Memory, shared by the images that are in work at the same time.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that one permit stands for; a semaphore counts up to 2³² of them at once.
const UNIT: u64 = 4 << 10;

/// Memory that images may take together.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    units: Arc<Semaphore>,
    total: u32,
}

/// Memory that was taken out of the budget; goes back when it is dropped. Whoever works with the memory holds it, even
/// where nobody waits for the work any more.
#[derive(Debug)]
pub(crate) struct Share {
    permit: OwnedSemaphorePermit,
}

impl Budget {
    /// A budget of `bytes`.
    pub(crate) fn new(bytes: u64) -> Self {
        let total = u32::try_from(bytes / UNIT)
            .unwrap_or(u32::MAX)
            .min(u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX));
        Self { units: Arc::new(Semaphore::new(total as usize)), total }
    }

    /// Bytes of the whole budget.
    pub(crate) fn total(&self) -> u64 {
        u64::from(self.total) * UNIT
    }

    /// `bytes` of it, or all where that is less; waits until so much is free, in the order of asking.
    pub(crate) async fn share(&self, bytes: u64) -> Share {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).min(self.total);
        // The semaphore is never closed.
        match Arc::clone(&self.units).acquire_many_owned(units).await {
            Ok(permit) => Share { permit },
            Err(_) => std::future::pending().await,
        }
    }
}

impl Share {
    /// Bytes of it.
    pub(crate) fn bytes(&self) -> u64 {
        self.permit.num_permits() as u64 * UNIT
    }

    /// `bytes` of it; the rest goes back.
    pub(crate) fn keep(mut self, bytes: u64) -> Self {
        let units = usize::try_from(bytes.div_ceil(UNIT)).unwrap_or(usize::MAX);
        match self.permit.split(units) {
            Some(permit) => Self { permit },
            None => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn shares_wait_for_each_other() {
        let budget = Budget::new(10 * UNIT);
        let first = budget.share(6 * UNIT).await;
        assert_eq!(first.bytes(), 6 * UNIT);
        let second = tokio::time::timeout(std::time::Duration::from_secs(1), budget.share(5 * UNIT)).await;
        assert!(second.is_err(), "there are only four units left");
        drop(first);
        assert_eq!(budget.share(5 * UNIT).await.bytes(), 5 * UNIT);
    }

    #[tokio::test]
    async fn a_part_of_a_share_can_be_kept() {
        let budget = Budget::new(10 * UNIT);
        let kept = budget.share(8 * UNIT).await.keep(UNIT + 1);
        assert_eq!(kept.bytes(), 2 * UNIT);
        assert_eq!(budget.share(8 * UNIT).await.keep(u64::MAX).bytes(), 8 * UNIT, "no more than there is");
    }

    #[tokio::test]
    async fn no_share_is_more_than_all() {
        let budget = Budget::new(10 * UNIT + 1);
        assert_eq!(budget.total(), 10 * UNIT);
        assert_eq!(budget.share(u64::MAX).await.bytes(), 10 * UNIT);
        assert_eq!(budget.share(1).await.bytes(), UNIT);
    }
}

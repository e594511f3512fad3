//! The lock on a data folder: two stacks on one folder would take each other's events and objects away.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::error::StackError;

/// Holds a data folder for this stack, until it is dropped or its process ends.
pub(crate) struct DataLock(File);

impl DataLock {
    /// Takes the folder `data`, which is created where it does not exist.
    ///
    /// # Errors
    /// `InUse` where another stack has it, `Data` of the file system.
    pub(crate) fn take(data: &Path) -> Result<Self, StackError> {
        let failed = |source| StackError::Data { folder: data.to_owned(), source };
        std::fs::create_dir_all(data).map_err(failed)?;
        let file = File::options().create(true).truncate(false).write(true).open(data.join("lock")).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StackError::InUse(data.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

impl Drop for DataLock {
    fn drop(&mut self) {
        // Closing the file would do, but for a process that is just being started and shares it until its exec.
        let _ = self.0.unlock();
    }
}

//! Why a verb that runs the stack failed.

use std::io;

use crate::stack::StackError;

/// Why a verb that runs the stack failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum VerbError {
    /// The stack does not start.
    Stack(StackError),
    /// The system refuses something this program needs.
    System(io::Error),
    /// The demonstration did not end as it should, for the reason in the text.
    Demo(String),
}

impl From<StackError> for VerbError {
    fn from(error: StackError) -> Self {
        Self::Stack(error)
    }
}

impl From<io::Error> for VerbError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl std::fmt::Display for VerbError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stack(error) => error.fmt(f),
            Self::System(error) => error.fmt(f),
            Self::Demo(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for VerbError {}

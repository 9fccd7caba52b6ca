//! Finding a bot by its name.

use crate::exit::{Exit, Failure};
use st0ck_strategy::registry::{self, Listing};

/// The registry's row of a bot.
///
/// # Errors
/// Lists the known ones.
pub(crate) fn find(name: &str) -> Result<&'static Listing, Failure> {
    registry::find(name).ok_or_else(|| {
        let rows = registry::listings().iter();
        let known: Vec<&str> = rows.map(|row| row.recipe.name()).collect();
        Failure::new(
            Exit::Usage,
            format_args!("no bot is called {name}: known are {}", known.join(", ")),
        )
    })
}

//! A file in memory for parsers that read from a path.
//!
//! One folder for each thread, on a tmpfs where there is one, gone when the thread ends.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// Gives the thread's scratch folder, which stays as the last input left it. What it allocates is not
/// the parser's.
pub(super) fn folder() -> PathBuf {
    let mut path = PathBuf::new();
    allocation_counter::opt_out(|| {
        FOLDER.with_borrow_mut(|folder| {
            let folder = folder.get_or_insert_with(|| {
                let shm = Path::new("/dev/shm");
                let made =
                    if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() };
                made.expect("a scratch folder can be made")
            });
            path = folder.path().to_owned();
        });
    });
    path
}

/// Writes a file of the scratch folder.
pub(super) fn write(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).expect("a folder in the scratch folder can be made");
    }
    std::fs::write(&path, bytes).expect("the scratch folder takes a small file");
    path
}

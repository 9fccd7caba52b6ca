//! The machine as the kernel tells it, read below a root folder: `/`, or a made-up tree in tests.

use std::fs;
use std::path::PathBuf;

/// Where `proc` and `sys` are.
pub(super) struct Machine {
    root: PathBuf,
}

impl Machine {
    /// The machine below this folder.
    pub(super) fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The text of a file without white space around it; `None` when it cannot be read.
    pub(super) fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.join(path)).ok().map(|text| text.trim().to_owned())
    }

    /// Names in a folder, sorted; none when it is not there.
    pub(super) fn list(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(path)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// A `Key: value` line of a file such as `/proc/self/status`.
    pub(super) fn field(&self, path: &str, key: &str) -> Option<String> {
        let text = self.read(path)?;
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().to_owned())
    }

    /// The cores that this process may use, by the kernel's numbers.
    pub(super) fn allowed(&self) -> Vec<usize> {
        let list = self.field("proc/self/status", "Cpus_allowed_list");
        cores(list.as_deref().unwrap_or_default())
    }
}

/// A list of cores as the kernel writes it: `0-2,5`.
pub(super) fn cores(list: &str) -> Vec<usize> {
    let ranges = list.split(',').filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.trim().parse::<usize>().ok()?..=last.trim().parse::<usize>().ok()?)
    });
    ranges.flatten().collect()
}

/// The same back into a list.
pub(super) fn cores_text(cores: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for &core in cores {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == core => *last = core,
            _ => parts.push((core, core)),
        }
    }
    let text = |&(first, last): &(usize, usize)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    parts.iter().map(text).collect::<Vec<_>>().join(",")
}

/// A made-up machine for tests: paths and what is in them.
#[cfg(test)]
pub(super) fn made_of(files: &[(&str, &str)]) -> (tempfile::TempDir, Machine) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let machine = Machine::at(root.path());
    (root, machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_lists_are_read_and_written_as_the_kernel_does() {
        assert_eq!(cores("0-2,5"), [0, 1, 2, 5]);
        assert_eq!(cores("\n"), [0usize; 0]);
        assert_eq!(cores_text(&[0, 1, 2, 5]), "0-2,5");
        assert_eq!(cores_text(&[]), "");
    }

    #[test]
    fn fields_and_files_that_are_not_there_are_nothing() {
        let (_root, machine) =
            made_of(&[("proc/self/status", "Name:\tst0ck\nCpus_allowed_list:\t1-2\n")]);
        assert_eq!(machine.allowed(), [1, 2]);
        assert_eq!(machine.field("proc/self/status", "Colour"), None);
        assert_eq!((machine.read("sys/none"), machine.list("sys").len()), (None, 0));
    }
}

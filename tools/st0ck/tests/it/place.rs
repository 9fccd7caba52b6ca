//! A place of its own for each test: folders, a clean environment, the binary, and an end for every
//! process that was started in it.

use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test gives it up: a busy machine is no failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// Looks again and again until there is something to see.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "gave up waiting for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A folder in which commands run, so that the default `./runs` and `./.env` are the test's own.
pub(crate) struct Place {
    dir: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("st0ck-it").tempdir().unwrap();
        fs::create_dir(dir.path().join("runtime")).unwrap();
        Self { dir }
    }

    /// A path in it, whether there is something or not.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The binary with these arguments and nothing of the tester's environment but `PATH`.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_st0ck"));
        self.prepare(&mut command).args(args);
        command
    }

    /// Gives any program the place's environment.
    pub(crate) fn prepare<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.dir.path())
            .env("XDG_RUNTIME_DIR", self.path("runtime"))
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
    }

    /// Runs the binary to its end.
    pub(crate) fn st0ck(&self, args: &[&str]) -> Ran {
        self.start(self.command(args)).end()
    }

    /// Starts a command; its output goes to files of this place.
    pub(crate) fn start(&self, mut command: Command) -> Running {
        let number = (0..).find(|n| !self.path(&format!("out.{n}")).exists()).unwrap();
        let out = self.path(&format!("out.{number}"));
        let err = self.path(&format!("err.{number}"));
        command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
        let words = format!("{:?}", command.get_args().collect::<Vec<_>>());
        Running { child: command.spawn().unwrap(), words, out, err }
    }

    /// The session folders of the bot, oldest first.
    pub(crate) fn sessions(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("runs/st0cka")).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> =
            entries.map(|e| e.path()).filter(|p| p.join("journal").is_dir()).collect();
        found.sort();
        found
    }

    /// The only session there is.
    pub(crate) fn session(&self) -> PathBuf {
        let mut all = self.sessions();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// Records of a kind in the newest session, as `journal cat --json` tells them.
    pub(crate) fn records(&self, kind: &str) -> Vec<Value> {
        self.st0ck(&["journal", "cat", "--kind", kind, "--json"]).ok().json_lines()
    }

    /// The bot's row of `status --json`.
    pub(crate) fn status(&self) -> Value {
        self.st0ck(&["status", "--json"]).ok().json()["bots"][0].clone()
    }

    /// Every file below the folder and below the memory of its sessions.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(self.dir.path(), &mut found);
        for dir in hot_dirs(&found.clone()) {
            collect(&dir, &mut found);
        }
        found
    }
}

impl Drop for Place {
    /// The memory of a killed bot outlives its folder; take it away.
    fn drop(&mut self) {
        let mut found = Vec::new();
        collect(self.dir.path(), &mut found);
        for dir in hot_dirs(&found) {
            if !dir.starts_with(self.dir.path()) {
                let _ = fs::remove_dir_all(dir);
            }
        }
    }
}

/// Where the journals among these files keep their hot segments.
fn hot_dirs(files: &[PathBuf]) -> Vec<PathBuf> {
    let notes = files.iter().filter(|p| p.file_name().is_some_and(|n| n == "hot.path"));
    notes.filter_map(|p| fs::read_to_string(p).ok()).map(PathBuf::from).collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()) {
        if path.is_dir() && !path.is_symlink() {
            collect(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// A process that is killed when its test is done with it.
pub(crate) struct Running {
    pub(crate) child: Child,
    words: String,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.out).unwrap()).into_owned()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.err).unwrap()).into_owned()
    }

    /// Asks it to stop, the way a terminal does, and waits for its end.
    pub(crate) fn interrupt(mut self) -> Ran {
        self.signal(rustix::process::Signal::INT);
        self.wait()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal)
            .unwrap();
    }

    /// `kill -9`: no instruction of it runs any more when this returns.
    pub(crate) fn kill(mut self) {
        assert_eq!(self.child.try_wait().unwrap(), None, "ended by itself: {}", self.err());
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        self.wait()
    }

    fn wait(&mut self) -> Ran {
        let words = self.words.clone();
        let status = wait_for(&format!("{words} to end"), || self.child.try_wait().unwrap());
        let (out, err) = (self.out(), self.err());
        assert!(!err.contains("panicked"), "{words} panicked: {err}");
        Ran { code: status.code(), words, out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that ended by itself, without a panic.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    words: String,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// It exited with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}\n{}", self.words, self.out, self.err);
        self
    }

    /// It did what was asked.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.exits(0)
    }

    /// Its error message holds all of these.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.err.contains(part), "{}: no {part:?} in: {}", self.words, self.err);
        }
        self
    }

    /// The one JSON object on its stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "{}: not one line: {}", self.words, self.out);
        serde_json::from_str(&self.out).unwrap()
    }

    /// One JSON object a line.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Says why a test cannot run here, or fails where skips are forbidden (`ST0CK_NO_SKIP`).
pub(crate) fn skip(words: &str) {
    assert!(std::env::var_os("ST0CK_NO_SKIP").is_none(), "skips are forbidden here: {words}");
    eprintln!("skipped: {words}");
}

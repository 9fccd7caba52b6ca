//! Instructions, counted: a bench runs itself under callgrind, which counts inside one function only.
//! What sets up is left out: calibrating a clock takes another number of instructions each time.

use std::io::ErrorKind;
use std::process::Command;

/// Runs this program with `words` under callgrind and gives the instructions that were collected
/// inside functions whose name matches `counted`; otherwise says why there is no such number.
///
/// # Errors
/// A sentence that begins with `skipped:`, for the result to carry.
pub fn collect(counted: &str, words: &[&str]) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|e| format!("skipped: {e}"))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--toggle-collect={counted}"))
        .arg(program)
        .args(words)
        .output()
        .map_err(|e| match e.kind() {
            ErrorKind::NotFound => "skipped: valgrind not found".to_owned(),
            _ => format!("skipped: valgrind: {e}"),
        })?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected :"));
    let count = collected.and_then(|(_, count)| count.trim().parse::<u64>().ok());
    match count {
        Some(count) if count > 0 && output.status.success() => Ok(count),
        _ => {
            let last = said.lines().last().unwrap_or("it said nothing");
            Err(format!("skipped: callgrind failed: {last}"))
        }
    }
}

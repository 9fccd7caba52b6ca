//! Keys written as text: every character is itself, names stand in angle brackets.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Keys that are no character.
const NAMED: &[(&str, KeyCode)] = &[
    ("right", KeyCode::Right),
    ("left", KeyCode::Left),
    ("pgdn", KeyCode::PageDown),
    ("pgup", KeyCode::PageUp),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("back", KeyCode::Backspace),
    ("lt", KeyCode::Char('<')),
];

/// The keys of a text such as `oo:position > 2<enter>`. A `<` that is meant is `<lt>`.
///
/// # Errors
/// Names a key that is not known, and the known ones.
pub(super) fn parse(text: &str) -> Result<Vec<KeyEvent>, String> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (code, used) =
            if first == '<' { named(rest)? } else { (KeyCode::Char(first), first.len_utf8()) };
        keys.push(KeyEvent::new(code, KeyModifiers::NONE));
        rest = &rest[used..];
    }
    Ok(keys)
}

fn named(text: &str) -> Result<(KeyCode, usize), String> {
    let name = text[1..].split('>').next().unwrap_or_default();
    let known = || NAMED.iter().map(|(name, _)| format!("<{name}>")).collect::<Vec<_>>().join(" ");
    let found = NAMED.iter().find(|(known, _)| *known == name && text[1..].contains('>'));
    let (_, code) = found.ok_or_else(|| format!("--keys: <{name}: known are {}", known()))?;
    Ok((*code, name.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_themselves_and_names_stand_in_brackets() {
        let codes = |text: &str| parse(text).unwrap().iter().map(|k| k.code).collect::<Vec<_>>();
        assert_eq!(codes("o<pgdn>"), [KeyCode::Char('o'), KeyCode::PageDown]);
        assert_eq!(codes("µ<lt>="), [KeyCode::Char('µ'), KeyCode::Char('<'), KeyCode::Char('=')]);
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        for text in ["<f13>", "<enter", "<"] {
            assert!(parse(text).unwrap_err().contains("known are <right>"), "{text}");
        }
    }
}

//! What keys do.

use super::target::Target;
use crate::view::table::grouped;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use st0ck_engine::BEHAVIOUR;
use st0ck_lab::replay::ReplayError;
use st0ck_lab::stepper::{Condition, Stepper};
use st0ck_types::InstrumentId;

/// A large step.
const MANY: u64 = 100;

/// A session being walked through, and what is shown beside it.
pub(super) struct Walk {
    pub(super) stepper: Stepper,
    /// The session's name.
    pub(super) name: String,
    /// Whose book, position and spread are shown.
    pub(super) instrument: InstrumentId,
    /// What is being typed behind `:`.
    pub(super) prompt: Option<String>,
    /// What came of the last key.
    pub(super) message: String,
    pub(super) help: bool,
    /// What `n` looks for again.
    sought: Option<(Condition, String)>,
    done: bool,
}

/// What came of a key.
type Moved = Result<String, ReplayError>;

impl Walk {
    /// Before the first input.
    pub(super) fn new(stepper: Stepper, name: String) -> Self {
        let message = match stepper.header().behaviour {
            BEHAVIOUR => "before the first input".to_owned(),
            then => format!("made by an engine of behaviour {then}; this one is of {BEHAVIOUR}"),
        };
        Self {
            stepper,
            name,
            instrument: InstrumentId(0),
            prompt: None,
            message,
            help: false,
            sought: None,
            done: false,
        }
    }

    /// Whether the walk is over.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Takes one key.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(super) fn press(&mut self, key: KeyEvent) -> Result<(), ReplayError> {
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            self.done = true;
        } else if self.help {
            self.help = false;
        } else if self.prompt.is_some() {
            self.type_on(key.code)?;
        } else {
            self.message = self.act(key.code)?;
        }
        Ok(())
    }

    fn act(&mut self, key: KeyCode) -> Moved {
        match key {
            KeyCode::Right | KeyCode::Char('l' | ' ') => self.forward(1),
            KeyCode::Left | KeyCode::Char('h') => self.back(1),
            KeyCode::PageDown | KeyCode::Char(']') => self.forward(MANY),
            KeyCode::PageUp | KeyCode::Char('[') => self.back(MANY),
            KeyCode::Home | KeyCode::Char('g') => self.back(u64::MAX),
            KeyCode::End | KeyCode::Char('G') => self.forward(u64::MAX),
            KeyCode::Char(c @ ('o' | 'f' | 'r' | 'O' | 'F' | 'R')) => self.event(c),
            KeyCode::Char('n') => self.again(false),
            KeyCode::Char('N') => self.again(true),
            KeyCode::Tab => Ok(self.next_instrument()),
            KeyCode::Char('q') | KeyCode::Esc => {
                self.done = true;
                Ok(String::new())
            }
            KeyCode::Char(':') => {
                self.prompt = Some(String::new());
                Ok(String::new())
            }
            KeyCode::Char('?') => {
                self.help = true;
                Ok(String::new())
            }
            _ => Ok("? shows the keys".to_owned()),
        }
    }

    fn forward(&mut self, n: u64) -> Moved {
        let moved = self.stepper.forward(n)?;
        Ok(if moved < n { "the session's end".to_owned() } else { String::new() })
    }

    fn back(&mut self, n: u64) -> Moved {
        let moved = self.stepper.back(n)?;
        Ok(if moved < n { "before the first input".to_owned() } else { String::new() })
    }

    /// `o f r` look on for an order, a fill, a refusal; in capitals, back.
    fn event(&mut self, key: char) -> Moved {
        let word = match key.to_ascii_lowercase() {
            'o' => "order",
            'f' => "fill",
            _ => "reject",
        };
        let condition = Condition::parse(word).expect("a word of the language of conditions");
        self.sought = Some((condition, word.to_owned()));
        self.again(key.is_ascii_uppercase())
    }

    fn again(&mut self, backwards: bool) -> Moved {
        let Some((condition, words)) = self.sought.as_ref() else {
            return Ok("nothing sought yet: o, f, r, or : and a condition".to_owned());
        };
        let (found, other) = if backwards {
            (self.stepper.back_until(condition, self.instrument)?, "no earlier place")
        } else {
            (self.stepper.until(condition, self.instrument)?, "the session's end: no further place")
        };
        Ok(if found { words.clone() } else { format!("{other} with {words}") })
    }

    fn next_instrument(&mut self) -> String {
        let count = self.stepper.engine().world().market.len().max(1) as u32;
        self.instrument = InstrumentId((self.instrument.0 + 1) % count);
        format!("instrument {} of {count}", self.instrument.0 + 1)
    }

    fn type_on(&mut self, key: KeyCode) -> Result<(), ReplayError> {
        let Some(text) = self.prompt.as_mut() else { return Ok(()) };
        match key {
            KeyCode::Char(c) => text.push(c),
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Esc => self.prompt = None,
            KeyCode::Enter => {
                let text = self.prompt.take().unwrap_or_default();
                self.message = self.go(&text)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn go(&mut self, text: &str) -> Moved {
        match Target::parse(text, &self.stepper.header().date) {
            Ok(Target::Seq(seq)) => {
                self.stepper.to_seq(seq)?;
                Ok(format!("up to record {}", grouped(seq.0)))
            }
            Ok(Target::Time(at)) => {
                self.stepper.to_time(at)?;
                Ok(format!("up to {at}"))
            }
            Ok(Target::Until(condition)) => {
                self.sought = Some((condition, text.trim().to_owned()));
                self.again(false)
            }
            Err(words) => Ok(words),
        }
    }
}

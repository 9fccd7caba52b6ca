//! The screen: inputs on the left, the state they led to around them, keys at the bottom.
//!
//! Drawn for 80 × 24; what is larger shows more inputs.

use super::walk::Walk;
use super::{inputs, panes};
use crate::view::table::grouped;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};
use st0ck_lab::words::clock;

/// Columns of the right-hand panes.
const SIDE: u16 = 28;
/// Rows of the panes that do not grow, borders included.
const HOLDING: u16 = 9;
const ORDERS: u16 = 5;
const DECISION: u16 = 7;

const KEYS: &str = "←→ 1  [] 100  g G ends  o f r next (O F R back)  : go  n again  ? keys  q quit";

const HELP: &str = "\
→ l space   one input on            ←  h   one back
] PgDn      100 on                  [ PgUp  100 back
g Home      before the first input  G End  the session's end
o f r       next order, fill, refusal
O F R       the one before
n N         the same sought again, on or back
Tab         next instrument

:1240       to the record with this number
:10:31:07   to this time in New York; :2020-12-15T15:31:07Z
:CONDITION  until it begins to hold:
   position > 2     spread_bps >= 3     open_orders = 0
   bid  ask  spread  realized_pnl  unrealized_pnl
   state != ACTIVE     order  fill  cancel  reject C17
   position > 2 and spread < 0.02

q Esc       quit";

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, walk: &Walk) {
    let [title, top, bottom, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(DECISION),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let split = [Constraint::Min(0), Constraint::Length(SIDE)];
    let [left, right] = Layout::horizontal(split).areas(top);
    let [flow, open] =
        Layout::vertical([Constraint::Min(0), Constraint::Length(ORDERS)]).areas(left);
    let [holding, gate] =
        Layout::vertical([Constraint::Length(HOLDING), Constraint::Min(0)]).areas(right);
    let [decision, notes] = Layout::horizontal(split).areas(bottom);
    let engine = walk.stepper.engine();
    frame.render_widget(Paragraph::new(heading(walk)).style(bold()), title);
    draw_inputs(frame, walk, flow);
    pane(frame, open, "open orders", panes::orders(engine));
    pane(frame, holding, &panes::symbol(walk, walk.instrument), panes::holding(walk));
    pane(frame, gate, "gate", panes::gate(engine));
    pane(frame, decision, "last decision", panes::decision(walk.stepper.decided()));
    pane(frame, notes, "strategy", panes::notes(engine));
    frame.render_widget(Paragraph::new(foot(walk)), keys);
    if walk.help {
        draw_help(frame);
    }
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn heading(walk: &Walk) -> String {
    let stepper = &walk.stepper;
    let place = stepper.here().map_or_else(
        || "before the first input".to_owned(),
        |here| {
            let utc = here.at.to_string();
            format!("record {}  {} New York  {} UTC", here.seq.0, clock(here.at), &utc[11..23])
        },
    );
    let otherwise = match stepper.divergences() {
        0 => String::new(),
        n => format!("  {n} inputs decided otherwise today"),
    };
    format!("{}  input {}  {place}{otherwise}", walk.name, grouped(stepper.taken()))
}

fn foot(walk: &Walk) -> Line<'static> {
    match (&walk.prompt, walk.message.as_str()) {
        (Some(text), _) => Line::from(format!(":{text}_")).style(bold()),
        (None, "") => Line::from(KEYS),
        (None, message) => Line::from(format!("{message}   (? keys)")).style(bold()),
    }
}

fn pane(frame: &mut Frame<'_>, area: Rect, title: &str, rows: Vec<String>) {
    let block = Block::bordered().title(format!(" {title} "));
    let text: Text<'_> = rows.into_iter().map(Line::from).collect();
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }).block(block), area);
}

/// The inputs around the cursor, which stands a little below the middle.
fn draw_inputs(frame: &mut Frame<'_>, walk: &Walk, area: Rect) {
    let rows = usize::from(area.height.saturating_sub(2));
    let above = (rows * 2).div_ceil(3);
    let behind = walk.stepper.behind();
    let skipped = behind.len().saturating_sub(above);
    let mut lines: Vec<Line<'_>> =
        behind.skip(skipped).map(|group| Line::from(format!(" {}", inputs::row(group)))).collect();
    match lines.last_mut() {
        Some(here) => {
            let marked = format!(">{}", walk.stepper.here().map(inputs::row).unwrap_or_default());
            *here = Line::from(marked).style(Style::new().add_modifier(Modifier::REVERSED));
        }
        None => lines.push(Line::from("> before the first input").style(bold())),
    }
    let left = rows.saturating_sub(lines.len());
    let ahead = walk.stepper.ahead().take(left);
    let dim = Style::new().add_modifier(Modifier::DIM);
    lines.extend(ahead.map(|group| Line::from(format!(" {}", inputs::row(group))).style(dim)));
    let block = Block::bordered().title(" inputs ");
    frame.render_widget(Paragraph::new(Text::from(lines)).block(block), area);
}

fn draw_help(frame: &mut Frame<'_>) {
    let all = frame.area();
    let (width, height) = (all.width.min(74), all.height.min(HELP.lines().count() as u16 + 2));
    let area = Rect {
        x: all.x + (all.width - width) / 2,
        y: all.y + (all.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, area);
    let block = Block::bordered().title(" keys; any key goes on ");
    frame.render_widget(Paragraph::new(HELP).block(block), area);
}

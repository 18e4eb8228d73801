//! A terminal that is borrowed: its own content is put aside and comes back when the screen is dropped.

use std::io::{self, IsTerminal as _, Write as _};

use console::Term;

use super::picture::Room;

/// To the other page, without wrapping: a line that is too long must not push the rest down.
const BORROW: &str = "\u{1b}[?1049h\u{1b}[?7l";

/// Wrapping again, and back to the page before.
const RETURN: &str = "\u{1b}[?7h\u{1b}[?1049l";

/// The screen while it is borrowed.
#[derive(Debug)]
pub(super) struct Screen {
    terminal: Term,
    colour: bool,
}

/// Whether standard output can be drawn on.
pub(super) fn is_drawable() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|name| name != "dumb")
}

/// Whether a person looks who has not asked for no colour.
fn is_colourful() -> bool {
    is_drawable() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The room to print in, where standard output tells it.
pub(super) fn printable() -> Option<Room> {
    let (height, width) = Term::stdout().size_checked()?;
    Some(Room { width: width.into(), height: height.into(), colour: is_colourful() })
}

impl Screen {
    /// Borrows the terminal.
    pub(super) fn borrow() -> io::Result<Self> {
        let screen = Self { terminal: Term::stdout(), colour: is_colourful() };
        screen.put(BORROW)?;
        screen.terminal.hide_cursor()?;
        Ok(screen)
    }

    /// The room there is now; people resize.
    pub(super) fn room(&self) -> Room {
        let (height, width) = self.terminal.size();
        Room { width: width.into(), height: height.into(), colour: self.colour }
    }

    /// Draws the lines over what was there, in one write so that nothing flickers.
    pub(super) fn draw(&self, lines: &[String]) -> io::Result<()> {
        let mut text = String::from("\u{1b}[H");
        for (number, line) in lines.iter().enumerate() {
            let end = if number == 0 { "" } else { "\r\n" };
            text.extend([end, line.as_str(), "\u{1b}[K"]);
        }
        text.push_str("\u{1b}[J");
        self.put(&text)
    }

    fn put(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        drop(self.put(RETURN));
        drop(self.terminal.show_cursor());
    }
}

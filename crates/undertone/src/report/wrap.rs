//! Text in the columns of a terminal: how wide it is, wrapped, shortened.

use unicode_width::UnicodeWidthChar;

/// The columns that a text takes: two for East Asian wide characters, none for combining ones.
pub fn columns(text: &str) -> usize {
    text.chars().map(wide).sum()
}

fn wide(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// Text without control characters, which a terminal would obey.
pub fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The words of a text in lines of at most `first` columns, then of `rest`; a word that is longer than a line is broken.
pub fn wrapped(text: &str, first: usize, rest: usize) -> Vec<String> {
    let (mut lines, mut line, mut room) = (Vec::new(), String::new(), first);
    for word in text.split(' ') {
        let needed = columns(word) + usize::from(!line.is_empty());
        if needed <= room {
            line += if line.is_empty() { "" } else { " " };
            line += word;
            room -= needed;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            room = rest;
        }
        for c in word.chars() {
            if wide(c) > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                room = rest;
            }
            line.push(c);
            room = room.saturating_sub(wide(c));
        }
    }
    lines.push(line);
    lines
}

/// A text of at most so many columns: what is longer ends in `…`.
pub fn shortened(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_string();
    }
    let (mut out, mut room) = (String::new(), most.saturating_sub(1));
    for c in text.chars() {
        let Some(left) = room.checked_sub(wide(c)) else { break };
        room = left;
        out.push(c);
    }
    out + "…"
}

/// A text and spaces up to so many columns.
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{:1$}", "", width.saturating_sub(columns(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_to_the_next_line_and_long_ones_break() {
        assert_eq!(wrapped("one two three", 7, 9), ["one two", "three"]);
        assert_eq!(wrapped("a abcdefgh b", 3, 4), ["a", "abcd", "efgh", "b"]);
        assert_eq!(wrapped("通話記録 x", 5, 6), ["通話", "記録 x"]);
        assert_eq!(wrapped("", 3, 3), [""]);
    }

    #[test]
    fn texts_are_shortened_and_padded_by_columns() {
        assert_eq!((shortened("caller", 6), shortened("caller", 5)), ("caller".into(), "call…".into()));
        assert_eq!((shortened("山田太郎", 6), columns("山田太郎")), ("山田…".into(), 8));
        assert_eq!((padded("山田", 6), padded("caller", 3)), ("山田  ".into(), "caller".into()));
        assert_eq!(visible("a\u{1b}[31m\n"), "a\u{fffd}[31m\u{fffd}");
    }
}

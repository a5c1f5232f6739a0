//! Praat's TextGrid, long and short text form: the intervals of one tier, or of several that each name a speaker.
//!
//! A text file of Praat is its free-standing strings, numbers and flags, in order; everything else in it is commentary
//! (Praat manual, "TextGrid file formats").

use std::iter::Peekable;
use std::str::CharIndices;

use super::{GivenSegment, at, push, some};
use crate::error::{Error, ErrorKind, Result};

/// Most tiers named in a message.
const SHOWN: usize = 20;
/// Most tiers of a file.
const MOST_TIERS: usize = 1000;
/// Most intervals of a tier, silence too.
const MOST_INTERVALS: usize = 1_000_000;

pub(super) fn read(text: &str, wanted: &[String]) -> Result<Vec<GivenSegment>> {
    if text.starts_with("\"Praat chronological") || text.starts_with("ooBinary") {
        let message = "this kind of TextGrid is not read; save it in Praat as a text file";
        return Err(Error::unsupported(message));
    }
    let mut values = Values { letters: text.char_indices().peekable(), text };
    let (kind, class) = (values.string()?, values.string()?);
    if kind != "ooTextFile" || class != "TextGrid" {
        return Err(Error::malformed("it is a file of Praat, but no TextGrid"));
    }
    let (_start, _end) = (values.number()?, values.number()?);
    let count = if values.is_flag() { values.number()? as usize } else { 0 };
    if count > MOST_TIERS {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("it has {count} tiers; at most {MOST_TIERS} are read"),
        ));
    }
    let mut tiers = Vec::new();
    for _ in 0..count {
        tiers.push(Tier::read(&mut values)?);
    }
    let chosen = chosen(&tiers, wanted)?;
    let (several, mut segments) = (chosen.len() > 1, Vec::new());
    for tier in chosen {
        for (number, (start, end, text)) in tier.intervals.iter().enumerate() {
            // Silence is an interval without text.
            let Some(text) = some(text) else { continue };
            let speaker = several.then(|| tier.name.clone());
            let segment = GivenSegment { speaker, text: Some(text), ..GivenSegment::new(*start, *end) };
            push(&mut segments, segment).map_err(|error| at("interval", number + 1, error))?;
        }
    }
    segments.sort_by(|a, b| a.start.total_cmp(&b.start));
    Ok(segments)
}

struct Tier {
    name: String,
    /// Those of points have none.
    intervals: Vec<(f64, f64, String)>,
    is_points: bool,
}

impl Tier {
    fn read(values: &mut Values) -> Result<Tier> {
        let (class, name) = (values.string()?, values.string()?);
        let (_start, _end, count) = (values.number()?, values.number()?, values.number()? as usize);
        let mut tier =
            Tier { name: name.trim().to_string(), intervals: Vec::new(), is_points: class == "TextTier" };
        if count > MOST_INTERVALS {
            let message = format!("a tier has {count} intervals; at most {MOST_INTERVALS} are read");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        for _ in 0..count {
            if tier.is_points {
                let _point = (values.number()?, values.string()?);
            } else {
                tier.intervals.push((values.number()?, values.number()?, values.string()?));
            }
        }
        Ok(tier)
    }
}

/// The tiers that are asked for; the only one of intervals where none is.
fn chosen<'a>(tiers: &'a [Tier], wanted: &[String]) -> Result<Vec<&'a Tier>> {
    let names = || {
        let names = tiers.iter().filter(|tier| !tier.is_points).take(SHOWN).map(|tier| tier.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let of_intervals: Vec<&Tier> = tiers.iter().filter(|tier| !tier.is_points).collect();
    if wanted.is_empty() {
        return match of_intervals.len() {
            0 => Err(Error::malformed("this TextGrid has no tier of intervals")),
            1 => Ok(of_intervals),
            count => Err(Error::config(format!(
                "this TextGrid has {count} tiers: {}; name one by --tier NAME, or several that are a speaker each",
                names()
            ))),
        };
    }
    let find = |name: &String| {
        let found = of_intervals.iter().find(|tier| tier.name == *name).copied();
        found.ok_or_else(|| {
            Error::config(format!("this TextGrid has no tier '{name}' of intervals; it has: {}", names()))
        })
    };
    wanted.iter().map(find).collect()
}

/// The free-standing values of a file.
struct Values<'a> {
    letters: Peekable<CharIndices<'a>>,
    text: &'a str,
}

enum Value {
    String(String),
    Number(f64),
    Flag,
}

impl Values<'_> {
    fn next(&mut self) -> Option<Value> {
        loop {
            let &(start, first) = self.letters.peek()?;
            if first == '"' {
                return Some(Value::String(self.quoted()));
            }
            if first.is_whitespace() {
                self.letters.next();
                continue;
            }
            if first == '!' {
                while self.letters.next_if(|(_, x)| *x != '\n').is_some() {}
                continue;
            }
            while self.letters.next_if(|(_, x)| !x.is_whitespace()).is_some() {}
            let end = self.letters.peek().map_or(self.text.len(), |(end, _)| *end);
            let word = &self.text[start..end];
            if word.starts_with('<') {
                return Some(Value::Flag);
            }
            if let Ok(number) = word.parse() {
                return Some(Value::Number(number));
            }
        }
    }

    /// A string; two quotation marks in it are one.
    fn quoted(&mut self) -> String {
        let mut string = String::new();
        self.letters.next();
        while let Some((_, letter)) = self.letters.next() {
            if letter == '"' && self.letters.next_if(|(_, x)| *x == '"').is_none() {
                break;
            }
            string.push(letter);
        }
        string
    }

    fn string(&mut self) -> Result<String> {
        match self.next() {
            Some(Value::String(string)) => Ok(string),
            Some(_) => Err(Error::malformed("this TextGrid is damaged: a text is missing")),
            None => Err(Error::malformed("this TextGrid ends too early")),
        }
    }

    fn number(&mut self) -> Result<f64> {
        match self.next() {
            Some(Value::Number(number)) => Ok(number),
            Some(_) => Err(Error::malformed("this TextGrid is damaged: a number is missing")),
            None => Err(Error::malformed("this TextGrid ends too early")),
        }
    }

    fn is_flag(&mut self) -> bool {
        matches!(self.next(), Some(Value::Flag))
    }
}

//! A configuration file: TOML → options by their names on the command line.

use undertone::{Error, Result};

/// A name so much like a key (0…1) is taken for a slip of the pen.
const ALIKE: f64 = 0.7;

/// An option that a file may set.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name on the command line, without dashes before it.
    pub name: String,
    /// Whether it is on or off and takes no value.
    pub flag: bool,
}

/// What an option is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// On or off.
    Flag(bool),
    /// As it would be typed.
    Text(String),
}

/// The options that a file sets, by name. `curve-file` may be written `curve_file`; lists are joined by commas.
///
/// # Errors
/// `Config` where it is no TOML, and where a key or the kind of its value is not known.
pub fn parse(bytes: &[u8], keys: &[Key]) -> Result<Vec<(String, Value)>> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::config("is not text in UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table = toml::from_str::<toml::Table>(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        Error::config(format!("line {line} is no TOML: {}", error.message()))
    })?;
    table.into_iter().map(|(name, value)| entry(&name, value, keys)).collect()
}

fn entry(name: &str, value: toml::Value, keys: &[Key]) -> Result<(String, Value)> {
    let plain = name.replace('_', "-");
    let key = keys.iter().find(|key| key.name == plain).ok_or_else(|| unknown(name, &plain, keys))?;
    let value = match value {
        toml::Value::Boolean(on) if key.flag => Value::Flag(on),
        _ if key.flag => return Err(Error::config(format!("{name} is true or false"))),
        toml::Value::Array(several) => {
            let several: Result<Vec<String>> = several.into_iter().map(|one| text(name, one)).collect();
            Value::Text(several?.join(","))
        }
        one => Value::Text(text(name, one)?),
    };
    Ok((plain, value))
}

/// A string or a number, as it would be typed.
fn text(name: &str, value: toml::Value) -> Result<String> {
    match value {
        toml::Value::String(text) if !text.contains('\0') => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Float(number) => Ok(number.to_string()),
        _ => Err(Error::config(format!("{name} is a text, a number or a list of them"))),
    }
}

fn unknown(name: &str, plain: &str, keys: &[Key]) -> Error {
    let alike = keys.iter().map(|key| (strsim::jaro_winkler(plain, &key.name), &key.name));
    let nearest = alike.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(alike, _)| *alike >= ALIKE);
    let remedy = match nearest {
        Some((_, nearest)) => format!("did you mean '{nearest}'?"),
        None => "'undertone config' lists the keys".to_string(),
    };
    Error::config(format!("there is no key '{name}'; {remedy}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> std::result::Result<Vec<(String, Value)>, String> {
        let key = |name: &str, flag| Key { name: name.into(), flag };
        let keys =
            [key("format", false), key("curve-file", false), key("coverage", false), key("song", true)];
        parse(text.as_bytes(), &keys).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_read_as_they_would_be_typed() {
        let text =
            "\u{feff}# mine\nformat = \"srt\"\ncurve_file = \"a b.csv\"\ncoverage = 0.95\nsong = false\n";
        let want = [
            ("coverage", Value::Text("0.95".into())),
            ("curve-file", Value::Text("a b.csv".into())),
            ("format", Value::Text("srt".into())),
            ("song", Value::Flag(false)),
        ];
        assert_eq!(read(text).unwrap(), want.map(|(name, value)| (name.to_string(), value)));
        assert_eq!(read("format = [\"a\", 2]").unwrap()[0].1, Value::Text("a,2".into()));
        assert_eq!(read("").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_named_with_the_remedy() {
        for (text, words) in [
            ("fromat = \"srt\"", "no key 'fromat'; did you mean 'format'?"),
            ("zzz = 1", "no key 'zzz'; 'undertone config' lists the keys"),
            ("song = \"yes\"", "song is true or false"),
            ("format = true", "format is a text, a number or a list of them"),
            ("[format]\na = 1", "format is a text, a number or a list of them"),
            ("format = \"a\"\nformat =", "line 2 is no TOML"),
            ("format = \"\\u0000\"", "format is a text"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(words), "{words}: {message}");
        }
        assert!(parse(&[0xff], &[]).unwrap_err().to_string().contains("UTF-8"));
    }
}

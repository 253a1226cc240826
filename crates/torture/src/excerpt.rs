//! What a history says around a violation, for whoever has nothing but the output of a test.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use crate::checker::Violation;

/// Lines shown, and characters of each.
const LINES: usize = 80;
const WIDTH: usize = 400;

/// The lines from the first one that the violation names up to where it was certain, which tell of its ids or sockets.
/// When there are too many, the last ones.
pub fn excerpt(history: &Path, violation: &Violation) -> io::Result<Vec<String>> {
    let Named { about, first_line } = Named::by(violation);
    let mut lines = Vec::new();
    for (number, line) in (1..=violation.line).zip(BufReader::new(File::open(history)?).lines()) {
        let line = line?;
        if number >= first_line && about.iter().any(|about| line.contains(about.as_str())) {
            lines.push(line.chars().take(WIDTH).collect());
        }
    }
    lines.drain(..lines.len().saturating_sub(LINES));
    Ok(lines)
}

struct Named {
    about: Vec<String>,
    first_line: u64,
}

impl Named {
    fn by(violation: &Violation) -> Self {
        let (mut about, mut first_line) = (Vec::new(), violation.line);
        let mut before = "";
        for word in violation.what.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
            match (before, word.parse::<u64>()) {
                ("socket", Ok(number)) => about.push(format!("\"socket\":{number},")),
                ("line", Ok(number)) => first_line = first_line.min(number),
                _ if uuid::Uuid::try_parse(word).is_ok() => about.push(word.to_owned()),
                _ => {}
            }
            before = word;
        }
        Self { about, first_line }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::checker::Rule;

    #[test]
    fn it_tells_of_what_the_violation_names_and_of_nothing_else() {
        let id = "01a21f85-f75f-7021-a399-b1186a5fb0d8";
        let mut history = tempfile::NamedTempFile::new().unwrap();
        let lines = [
            format!(r#"{{"n":1,"conversation":"{id}"}}"#),
            format!(r#"{{"n":2,"ack":"{id}"}}"#),
            r#"{"n":3,"socket":6,"frame":{}}"#.to_owned(),
            r#"{"n":4,"socket":63,"frame":{}}"#.to_owned(),
            format!(r#"{{"n":5,"conversation":"{id}"}}"#),
            format!(r#"{{"n":6,"conversation":"{id}"}}"#),
        ];
        lines.iter().for_each(|line| writeln!(history, "{line}").unwrap());
        let what = format!("49 of {id}, acknowledged at line 2, has not come to socket 63");
        let violation = Violation { rule: Rule::Late, line: 5, operations: 1, what };
        assert_eq!(excerpt(history.path(), &violation).unwrap(), [&*lines[1], &lines[3], &lines[4]]);
    }
}

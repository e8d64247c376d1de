//! A command written as one text, split as Compose splits it (go-shellwords, MIT). No shell runs:
//! what only a shell understands ends the command, and the caller is told.

/// The words, and what was cut off at the first `;`, `&`, `|`, `<` or `>` outside quotes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    pub words: Vec<String>,
    pub dropped: String,
}

/// # Errors
/// Why the text is no command: a quote or an escape that does not end, a stray parenthesis.
pub(crate) fn split(line: &str) -> Result<Command, String> {
    let mut command = Command::default();
    let mut word = String::new();
    let mut has_word = false;
    let (mut escaped, mut single, mut double, mut back, mut dollar) = (false, false, false, false, false);
    for (at, character) in line.char_indices() {
        if escaped {
            word.push(match character {
                't' => '\t',
                'n' => '\n',
                other => other,
            });
            escaped = false;
            has_word = true;
            continue;
        }
        match character {
            '\\' if single => word.push('\\'),
            '\\' => escaped = true,
            ' ' | '\t' | '\r' | '\n' => {
                if single || double || back || dollar {
                    word.push(character);
                } else if has_word {
                    command.words.push(std::mem::take(&mut word));
                    has_word = false;
                }
            }
            '"' if !single && !dollar => {
                has_word |= double;
                double = !double;
            }
            '\'' if !double && !dollar => {
                has_word |= single;
                single = !single;
            }
            '(' if !single && !double && !back => {
                if dollar || !word.ends_with('$') {
                    return Err("a parenthesis needs quotes: no shell runs".into());
                }
                dollar = true;
                word.push('(');
            }
            ';' | '&' | '|' | '<' | '>' if !(single || double || back || dollar) => {
                // `2>file`: the digit belongs to the redirection.
                if character == '>' && word.starts_with(|first: char| first.is_ascii_digit()) {
                    has_word = false;
                }
                line[at..].clone_into(&mut command.dropped);
                break;
            }
            _ => {
                match character {
                    '`' if !single && !double && !dollar => back = !back,
                    ')' if !single && !double && !back => dollar = !dollar,
                    _ => {}
                }
                word.push(character);
                has_word = true;
            }
        }
    }
    if has_word {
        command.words.push(word);
    }
    if escaped || single || double || back || dollar {
        return Err("a quote, an escape or a parenthesis does not end".into());
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_at_blanks_outside_quotes() {
        for (line, words, dropped) in [
            ("a  b\tc", vec!["a", "b", "c"], ""),
            ("sh -c 'echo \"x\" > y'", vec!["sh", "-c", "echo \"x\" > y"], ""),
            ("a\\ b \"c 'd'\" ''", vec!["a b", "c 'd'", ""], ""),
            ("echo a && b", vec!["echo", "a"], "&& b"),
            ("echo 2>file", vec!["echo"], ">file"),
            ("echo $(date now) `x y`", vec!["echo", "$(date now)", "`x y`"], ""),
            ("", vec![], ""),
        ] {
            let expected = Command {
                words: words.into_iter().map(str::to_owned).collect(),
                dropped: dropped.to_owned(),
            };
            assert_eq!(split(line), Ok(expected), "{line}");
        }
        for line in ["'", "a\"", "a\\", "(a)", "$(a"] {
            assert!(split(line).is_err(), "{line}");
        }
    }
}

//! YAML text to documents, syntax only: what a scalar means, which keys may stand twice and how far aliases expand is
//! each runtime's to say.
//!
//! Invariant: aliases stay references, so what is read is never larger than the text, and it nests no deeper than the
//! caller says, so that recursive walks over it end before the stack does.

use release_domain::manifest::ProblemCode;
use serde_saphyr::granit_parser::{self, Event, Marker, Parser, ScalarStyle, ScanError, Span};
use std::collections::HashMap;
use std::rc::Rc;

/// Where something was written. `file` is an index into the manifest's files, `line` and `column` count from 1. A value
/// made up has the place of what it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: u32,
    pub line: u32,
    pub column: u32,
}

impl Place {
    /// For what was written in no file, such as a variable's value.
    pub const NOWHERE: Self = Self {
        file: u32::MAX,
        line: 0,
        column: 0,
    };

    /// The first character of a file.
    #[must_use]
    pub const fn start_of(file: u32) -> Self {
        Self {
            file,
            line: 1,
            column: 1,
        }
    }

    fn at(file: u32, marker: &Marker) -> Self {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Self {
            file,
            line: number(marker.line()),
            column: number(marker.col()).saturating_add(1),
        }
    }
}

/// A value as written, tags and aliases and all.
#[derive(Debug)]
pub struct Raw {
    pub value: RawValue,
    /// The tag as written (`!reset`, `!!str`), if there is one.
    pub tag: Option<String>,
    pub place: Place,
    /// Levels of values in it, aliases followed. Bounded, since even dropping a tree is recursive.
    depth: usize,
}

#[derive(Debug)]
pub enum RawValue {
    Scalar { text: String, plain: bool },
    List(Vec<Rc<Raw>>),
    Map(Vec<Pair>),
}

/// A key and its value.
pub type Pair = (Rc<Raw>, Rc<Raw>);

/// What is wrong with the text, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct SyntaxError {
    pub place: Place,
    pub code: ProblemCode,
    pub message: String,
}

/// Reads every document of a file, nesting at most `max_depth` levels with aliases followed. A file of comments only has
/// none.
///
/// # Errors
/// The first place where the text is no YAML, nests deeper, or refers to an anchor that is not defined before it (an
/// anchor inside its own value included).
pub fn documents(file: u32, text: &str, max_depth: usize) -> Result<Vec<Rc<Raw>>, SyntaxError> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: max_depth,
        block_nesting_limit: max_depth,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        file,
        max_depth,
        events: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
    };
    let mut documents = Vec::new();
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::StreamStart | Event::DocumentEnd => {}
            Event::StreamEnd => break,
            Event::DocumentStart(..) => {
                reader.anchors.clear();
                let (event, span) = reader.expect(span)?;
                documents.push(reader.node(event, span)?);
            }
            event => return Err(reader.unexpected(&event, span)),
        }
    }
    Ok(documents)
}

struct Reader<'input> {
    file: u32,
    max_depth: usize,
    events: Parser<'input, granit_parser::StrInput<'input>>,
    anchors: HashMap<usize, Rc<Raw>>,
}

impl<'input> Reader<'input> {
    fn next(&mut self) -> Result<Option<(Event<'input>, Span)>, SyntaxError> {
        self.events
            .next_event()
            .transpose()
            .map_err(|error| self.scan_error(&error))
    }

    fn expect(&mut self, after: Span) -> Result<(Event<'input>, Span), SyntaxError> {
        let place = self.place(after);
        self.next()?.ok_or_else(|| SyntaxError {
            place,
            code: ProblemCode::Syntax,
            message: "the document ends too early".into(),
        })
    }

    fn node(&mut self, event: Event<'input>, span: Span) -> Result<Rc<Raw>, SyntaxError> {
        let place = self.place(span);
        let anchor = event.anchor_id();
        let tag = event.tag().map(granit_parser::Tag::original);
        let value = match event {
            Event::Alias(id) => {
                return self.anchors.get(&id).map(Rc::clone).ok_or_else(|| SyntaxError {
                    place,
                    code: ProblemCode::Syntax,
                    message: "the alias refers to a value that contains it".into(),
                });
            }
            Event::Scalar(text, style, ..) => RawValue::Scalar {
                text: text.into_owned(),
                plain: style == ScalarStyle::Plain,
            },
            Event::SequenceStart(..) => RawValue::List(self.items(span)?),
            Event::MappingStart(..) => RawValue::Map(self.pairs(span)?),
            event => return Err(self.unexpected(&event, span)),
        };
        let depth = match &value {
            RawValue::Scalar { .. } => 0,
            RawValue::List(items) => items.iter().map(|item| item.depth).max().unwrap_or(0) + 1,
            RawValue::Map(pairs) => {
                let depths = pairs.iter().map(|(key, value)| key.depth.max(value.depth));
                depths.max().unwrap_or(0) + 1
            }
        };
        if depth > self.max_depth {
            return Err(SyntaxError {
                place,
                code: ProblemCode::TooLarge,
                message: format!("the document nests deeper than {} levels", self.max_depth),
            });
        }
        let raw = Rc::new(Raw {
            value,
            tag,
            place,
            depth,
        });
        if let Some(id) = anchor {
            self.anchors.insert(id, Rc::clone(&raw));
        }
        Ok(raw)
    }

    fn items(&mut self, span: Span) -> Result<Vec<Rc<Raw>>, SyntaxError> {
        let mut items = Vec::new();
        loop {
            match self.expect(span)? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn pairs(&mut self, span: Span) -> Result<Vec<Pair>, SyntaxError> {
        let mut pairs = Vec::new();
        loop {
            match self.expect(span)? {
                (Event::MappingEnd, _) => return Ok(pairs),
                (event, span) => {
                    let key = self.node(event, span)?;
                    let (event, span) = self.expect(span)?;
                    pairs.push((key, self.node(event, span)?));
                }
            }
        }
    }

    fn place(&self, span: Span) -> Place {
        Place::at(self.file, &span.start)
    }

    fn scan_error(&self, error: &ScanError) -> SyntaxError {
        SyntaxError {
            place: Place::at(self.file, error.marker()),
            code: ProblemCode::Syntax,
            message: error.info(),
        }
    }

    fn unexpected(&self, event: &Event<'_>, span: Span) -> SyntaxError {
        SyntaxError {
            place: self.place(span),
            code: ProblemCode::Syntax,
            message: format!("unexpected {event:?}"),
        }
    }
}

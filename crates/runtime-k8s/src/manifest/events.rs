//! YAML text to documents, syntax only. Aliases stay references here, so the result is never larger than the text.

use super::limits::MAX_DEPTH;
use super::trouble::Place;
use release_domain::manifest::ProblemCode;
use serde_saphyr::granit_parser::{self, Event, Marker, Parser, ScalarStyle, Span};
use std::collections::HashMap;
use std::rc::Rc;

/// A value as written, tags and aliases and all.
#[derive(Debug)]
pub(super) struct Raw {
    pub value: RawValue,
    pub tag: Option<String>,
    pub place: Place,
    /// Levels of values in it, aliases followed: even dropping a tree is recursive.
    depth: usize,
}

#[derive(Debug)]
pub(super) enum RawValue {
    Scalar { text: String, plain: bool },
    List(Vec<Rc<Raw>>),
    Map(Vec<Pair>),
}

/// A key and its value.
pub(super) type Pair = (Rc<Raw>, Rc<Raw>);

/// What is wrong with the text, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub place: Place,
    pub code: ProblemCode,
    pub message: String,
}

/// Reads every document of a file. A file of comments only has none.
///
/// # Errors
/// The first place where the text is no YAML, nests too deeply, or refers to an anchor not defined before it.
pub(super) fn documents(file: usize, text: &str) -> Result<Vec<Rc<Raw>>, SyntaxError> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        file,
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
    file: usize,
    events: Parser<'input, granit_parser::StrInput<'input>>,
    anchors: HashMap<usize, Rc<Raw>>,
}

impl<'input> Reader<'input> {
    fn next(&mut self) -> Result<Option<(Event<'input>, Span)>, SyntaxError> {
        let next = self.events.next_event().transpose();
        next.map_err(|error| SyntaxError {
            place: self.place(error.marker()),
            code: ProblemCode::Syntax,
            message: error.info(),
        })
    }

    fn expect(&mut self, after: Span) -> Result<(Event<'input>, Span), SyntaxError> {
        let place = self.place(&after.start);
        self.next()?.ok_or_else(|| SyntaxError {
            place,
            code: ProblemCode::Syntax,
            message: "the document ends too early".into(),
        })
    }

    fn node(&mut self, event: Event<'input>, span: Span) -> Result<Rc<Raw>, SyntaxError> {
        let place = self.place(&span.start);
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
        let below = match &value {
            RawValue::Scalar { .. } => None,
            RawValue::List(items) => items.iter().map(|item| item.depth).max(),
            RawValue::Map(pairs) => pairs.iter().map(|(key, value)| key.depth.max(value.depth)).max(),
        };
        let depth = below.map_or(0, |below| below + 1);
        if depth > MAX_DEPTH {
            return Err(SyntaxError {
                place,
                code: ProblemCode::TooLarge,
                message: format!("the document nests deeper than {MAX_DEPTH} levels"),
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

    fn place(&self, marker: &Marker) -> Place {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Place {
            file: self.file,
            line: number(marker.line()),
            column: number(marker.col()).saturating_add(1),
        }
    }

    fn unexpected(&self, event: &Event<'_>, span: Span) -> SyntaxError {
        SyntaxError {
            place: self.place(&span.start),
            code: ProblemCode::Syntax,
            message: format!("unexpected {event:?}"),
        }
    }
}
